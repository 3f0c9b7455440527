//! Agents are saved, changed, moved and taken out of sight.

use domain::accounts::Role;
use domain::agents::state::Event;
use domain::agents::{AgentDraft, AgentError, AgentFilter, Change, State};
use domain::idempotency::Claim;
use domain::paging::PageRequest;
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use testkit::{MINT, World, draft};

crate::on_every_engine!(
    a_new_agent_is_a_draft_pinned_to_its_image,
    an_image_that_is_not_there_yet_does_not_keep_an_agent_from_being_saved,
    an_update_makes_the_next_version_unless_somebody_was_faster,
    of_two_updates_at_once_one_wins,
    without_a_version_two_updates_at_once_both_happen,
    a_list_that_is_read_while_agents_change_shows_one_version_of_each,
    an_agent_goes_through_its_life_and_the_log_tells_it,
    the_database_refuses_what_the_rules_would,
    people_do_not_speak_for_the_chain,
    an_agent_is_deleted_only_when_it_is_not_deployed,
    a_draft_is_nobody_elses_business,
    creating_twice_under_one_key_is_creating_once,
    two_agents_never_share_an_address,
    agents_and_their_versions_are_bounded,
);

async fn a_new_agent_is_a_draft_pinned_to_its_image(world: World) {
    let owner = world.operator().await;
    let agent = world.agent(&owner).await;
    assert_eq!((agent.row.state, agent.row.version, agent.row.owner_id), (State::Draft, 1, owner.user_id));
    assert!(agent.current.image_digest.as_deref().is_some_and(|digest| digest.starts_with("sha256:")));
    assert_eq!(world.domain.agents().get(&owner, agent.row.id).await.unwrap(), agent);
    world.finish().await;
}

async fn an_image_that_is_not_there_yet_does_not_keep_an_agent_from_being_saved(world: World) {
    world.sandbox.has_images(false);
    let agent = world.agent(&world.operator().await).await;
    assert_eq!(agent.current.image_digest, None);
    world.finish().await;
}

async fn an_update_makes_the_next_version_unless_somebody_was_faster(world: World) {
    let owner = world.operator().await;
    let id = world.agent(&owner).await.row.id;
    let renamed = || AgentDraft { name: "Counter of letters".into(), ..draft() };
    let agent = world.domain.agents().update(&owner, id, renamed(), Some(1)).await.unwrap();
    assert_eq!((agent.row.version, agent.current.version, agent.row.name.as_str()), (2, 2, "Counter of letters"));
    let late = world.domain.agents().update(&owner, id, renamed(), Some(1)).await;
    assert!(matches!(late, Err(AgentError::OtherVersion { current: 2, .. })));
    assert!(world.domain.agents().update(&owner, id, renamed(), None).await.is_ok(), "without a version the last writer wins");
    world.finish().await;
}

async fn of_two_updates_at_once_one_wins(world: World) {
    let owner = world.operator().await;
    let id = world.agent(&owner).await.row.id;
    let agents = world.domain.agents();
    let (a, b) = tokio::join!(agents.update(&owner, id, draft(), Some(1)), agents.update(&owner, id, draft(), Some(1)));
    assert_eq!([a.is_ok(), b.is_ok()].iter().filter(|won| **won).count(), 1);
    assert_eq!(agents.get(&owner, id).await.unwrap().row.version, 2);
    world.finish().await;
}

async fn without_a_version_two_updates_at_once_both_happen(world: World) {
    let owner = world.operator().await;
    let id = world.agent(&owner).await.row.id;
    let agents = world.domain.agents();
    let (a, b) = tokio::join!(agents.update(&owner, id, draft(), None), agents.update(&owner, id, draft(), None));
    assert!(a.is_ok() && b.is_ok(), "{a:?} {b:?}");
    assert_eq!(agents.get(&owner, id).await.unwrap().row.version, 3);
    let (changed, deleted) = tokio::join!(agents.update(&owner, id, draft(), None), agents.delete(&owner, id, None));
    assert!(matches!(changed, Ok(_) | Err(AgentError::Missing { .. })), "{changed:?}");
    assert!(deleted.is_ok(), "{deleted:?}");
    world.finish().await;
}

async fn a_list_that_is_read_while_agents_change_shows_one_version_of_each(world: World) {
    let owner = world.operator().await;
    let id = world.agent(&owner).await.row.id;
    let agents = world.domain.agents();
    let changes = async {
        for _ in 0..20 {
            agents.update(&owner, id, draft(), None).await.unwrap();
        }
    };
    let reads = async {
        for _ in 0..100 {
            let listed = agents.list(&owner, &AgentFilter::default(), &PageRequest::default()).await.unwrap().items;
            assert_eq!((listed.len(), listed[0].current.version), (1, listed[0].row.version));
        }
    };
    tokio::join!(changes, reads);
    world.finish().await;
}

async fn an_agent_goes_through_its_life_and_the_log_tells_it(world: World) {
    let owner = world.operator().await;
    let id = world.agent(&owner).await.row.id;
    let agents = world.domain.agents();
    agents.apply(&owner, id, Event::InitiateDeployment, None).await.unwrap();
    let failed = Change { error: Some("the chain said no".into()), ..Change::default() };
    let agent = agents.advance(id, Event::Fail, failed, "chain").await.unwrap();
    assert_eq!((agent.row.state, agent.row.last_error.as_deref()), (State::Failed, Some("the chain said no")));
    agents.apply(&owner, id, Event::Retry, None).await.unwrap();
    let misread = Change { token_address: Some("Token111".into()), ..Change::default() };
    let refused = agents.advance(id, Event::TokenCreationSuccess, misread, "chain").await;
    assert!(matches!(refused, Err(AgentError::Address { .. })), "{refused:?}");
    let token = Change { token_address: Some(MINT.into()), ..Change::default() };
    agents.advance(id, Event::TokenCreationSuccess, token, "chain").await.unwrap();
    agents.apply(&owner, id, Event::Cancel, None).await.unwrap();
    let agent = agents.apply(&owner, id, Event::Retry, None).await.unwrap().into_inner();
    assert_eq!(agent.row.state, State::PendingPoolSignature, "its token is there already");
    let log = agents.audit(&owner, id, &PageRequest::default()).await.unwrap().items;
    let told: Vec<_> = log.iter().rev().map(|entry| entry.action.as_str()).collect();
    assert_eq!(told, ["created", "moved", "moved", "moved", "moved", "moved", "moved"]);
    assert_eq!(log[0].detail.as_ref().unwrap()["to"], json!("pending_pool_signature"));
    assert_eq!(world.told(&format!("agent:{id}")).await.len(), 6);
    let stranger = world.operator().await;
    assert!(matches!(agents.audit(&stranger, id, &PageRequest::default()).await, Err(AgentError::Missing { .. })));
    world.finish().await;
}

async fn the_database_refuses_what_the_rules_would(world: World) {
    let id = world.agent(&world.operator().await).await.row.id;
    let refused = world.domain.agents().advance(id, Event::PoolCreationSuccess, Change::default(), "chain").await;
    assert!(matches!(refused, Err(AgentError::Transition(_))));
    let direct = world.database.db.execute_unprepared("UPDATE agents SET state = 'deployed'").await;
    assert!(direct.is_err(), "a draft is not deployed behind the rules' back");
    world.finish().await;
}

async fn people_do_not_speak_for_the_chain(world: World) {
    let owner = world.operator().await;
    let id = world.agent(&owner).await.row.id;
    world.domain.agents().apply(&owner, id, Event::InitiateDeployment, None).await.unwrap();
    let claimed = world.domain.agents().apply(&owner, id, Event::TokenCreationSuccess, None).await;
    assert!(matches!(claimed, Err(AgentError::State { .. })));
    world.finish().await;
}

async fn an_agent_is_deleted_only_when_it_is_not_deployed(world: World) {
    let owner = world.operator().await;
    let id = world.deployed_agent(&owner).await.row.id;
    let agents = world.domain.agents();
    assert!(matches!(agents.delete(&owner, id, None).await, Err(AgentError::State { .. })));
    agents.apply(&owner, id, Event::Deactivate, None).await.unwrap();
    assert!(matches!(agents.delete(&owner, id, Some(7)).await, Err(AgentError::OtherVersion { .. })));
    agents.delete(&owner, id, Some(1)).await.unwrap();
    assert!(matches!(agents.get(&owner, id).await, Err(AgentError::Missing { .. })));
    assert_eq!(agents.list(&owner, &AgentFilter::default(), &PageRequest::default()).await.unwrap().items, []);
    world.finish().await;
}

async fn a_draft_is_nobody_elses_business(world: World) {
    let (owner, stranger, architect) = (world.operator().await, world.operator().await, world.caller(Role::Architect).await);
    let id = world.agent(&owner).await.row.id;
    let agents = world.domain.agents();
    assert!(matches!(agents.get(&stranger, id).await, Err(AgentError::Missing { .. })));
    assert!(matches!(agents.update(&stranger, id, draft(), None).await, Err(AgentError::Missing { .. })));
    assert!(agents.get(&architect, id).await.is_ok());
    world.deploy(id).await;
    assert!(agents.get(&stranger, id).await.is_ok());
    assert!(
        matches!(agents.update(&stranger, id, draft(), None).await, Err(AgentError::Missing { .. })),
        "what is changed there is somebody else's"
    );
    world.finish().await;
}

async fn creating_twice_under_one_key_is_creating_once(world: World) {
    let owner = world.operator().await;
    let claim = Claim::new(&owner, "POST", "/v1/agents", "key", &json!({ "name": "Counter" }));
    let agents = world.domain.agents();
    let first = agents.create(&owner, draft(), Some(&claim)).await.unwrap();
    agents.update(&owner, first.clone().into_inner().row.id, draft(), None).await.unwrap();
    let again = agents.create(&owner, draft(), Some(&claim)).await.unwrap();
    assert!(!first.is_replay() && again.is_replay());
    assert_eq!(first.into_inner(), again.into_inner(), "the first answer, although the agent has changed since");
    world.finish().await;
}

async fn two_agents_never_share_an_address(world: World) {
    let owner = world.operator().await;
    let token = || Change { token_address: Some(MINT.into()), ..Change::default() };
    let (a, b) = (world.agent(&owner).await.row.id, world.agent(&owner).await.row.id);
    let agents = world.domain.agents();
    for id in [a, b] {
        agents.apply(&owner, id, Event::InitiateDeployment, None).await.unwrap();
    }
    agents.advance(a, Event::TokenCreationSuccess, token(), "chain").await.unwrap();
    let refused = agents.advance(b, Event::TokenCreationSuccess, token(), "chain").await;
    assert!(matches!(refused, Err(AgentError::AddressTaken { .. })), "{refused:?}");
    world.finish().await;
}

async fn agents_and_their_versions_are_bounded(world: World) {
    let agents = domain::agents::Settings { agents_max: 2, versions_max: 3 };
    let domain = world.domain_set(domain::Settings { agents, ..domain::Settings::default() });
    let (ann, bob) = (world.operator().await, world.operator().await);
    let saved = domain.agents();
    let all = futures::future::join_all((0..5).map(|_| saved.create(&ann, draft(), None))).await;
    let made: Vec<_> = all.iter().filter_map(|made| made.as_ref().ok()).map(|made| made.get().row.id).collect();
    assert_eq!(made.len(), 2);
    assert!(all.iter().filter_map(|made| made.as_ref().err()).all(|error| matches!(error, AgentError::TooMany { agents_max: 2 })));
    assert!(domain.agents().create(&bob, draft(), None).await.is_ok(), "each for themselves");
    domain.agents().delete(&ann, made[0], None).await.unwrap();
    assert!(domain.agents().create(&ann, draft(), None).await.is_ok(), "what is deleted makes room");
    for version in [2, 3] {
        assert_eq!(domain.agents().update(&ann, made[1], draft(), None).await.unwrap().row.version, version);
    }
    let refused = domain.agents().update(&ann, made[1], draft(), None).await.unwrap_err();
    assert!(matches!(refused, AgentError::TooManyVersions { versions_max: 3, .. }), "{refused}");
    world.finish().await;
}

//! Who may run what.

use domain::agents::state::Event;
use domain::agents::{AgentError, AgentFilter, Change};
use domain::entitlements::EntitlementError;
use domain::executions::{ExecutionError, RunRequest};
use domain::paging::PageRequest;
use domain::{Class, Fault as _};
use serde_json::json;
use testkit::World;

crate::on_every_engine!(
    a_stranger_runs_a_deployed_agent_with_an_entitlement_and_not_without,
    whoever_is_entitled_hears_that_an_agent_is_not_deployed,
    granting_twice_is_granting_once,
    the_agents_log_tells_who_was_let_in_and_who_not_any_more,
    only_who_decides_over_an_agent_grants,
    the_owner_runs_an_agent_in_every_state_but_two,
);

fn request(agent: &domain::agents::Agent) -> RunRequest {
    RunRequest { agent_id: agent.row.id, input: json!({ "text": "a" }) }
}

async fn a_stranger_runs_a_deployed_agent_with_an_entitlement_and_not_without(world: World) {
    let (owner, buyer) = (world.operator().await, world.operator().await);
    let agent = world.agent(&owner).await;
    let submit = async || world.domain.executions().submit(&buyer, request(&agent), None).await;
    assert_eq!(submit().await.unwrap_err().class(), Class::Missing, "a draft is not there for others");
    world.deploy(agent.row.id).await;
    assert_eq!(submit().await.unwrap_err().code(), "entitlement-required");
    world.domain.entitlements().grant(&owner, agent.row.id, buyer.user_id, None).await.unwrap();
    assert!(submit().await.is_ok());
    let own = world.domain.entitlements().own(&buyer, &PageRequest::default()).await.unwrap().items;
    assert_eq!(own.len(), 1);
    world.domain.entitlements().revoke(&owner, agent.row.id, buyer.user_id).await.unwrap();
    assert_eq!(submit().await.unwrap_err().class(), Class::Forbidden);
    let again = world.domain.entitlements().revoke(&owner, agent.row.id, buyer.user_id).await;
    assert!(matches!(again, Err(EntitlementError::Missing { .. })));
    world.run_jobs().await;
    world.finish().await;
}

async fn whoever_is_entitled_hears_that_an_agent_is_not_deployed(world: World) {
    let (owner, buyer, stranger) = (world.operator().await, world.operator().await, world.operator().await);
    let agent = world.agent(&owner).await;
    world.domain.entitlements().grant(&owner, agent.row.id, buyer.user_id, None).await.unwrap();
    let agents = world.domain.agents();
    assert_eq!(agents.get(&buyer, agent.row.id).await.unwrap(), agent);
    assert!(matches!(agents.get(&stranger, agent.row.id).await, Err(AgentError::Missing { .. })));
    let listed = agents.list(&buyer, &AgentFilter::default(), &PageRequest::default()).await.unwrap().items;
    assert_eq!(listed, [], "lists show a draft to its owner only");
    let submit = async || world.domain.executions().submit(&buyer, request(&agent), None).await;
    let refused = submit().await.unwrap_err();
    assert_eq!((refused.class(), refused.code()), (Class::Conflict, "agent-state"));
    assert!(refused.to_string().contains("not deployed"), "{refused}");
    world.deploy(agent.row.id).await;
    assert!(submit().await.is_ok());
    world.run_jobs().await;
    world.finish().await;
}

async fn granting_twice_is_granting_once(world: World) {
    let (owner, buyer) = (world.operator().await, world.operator().await);
    let agent = world.agent(&owner).await.row.id;
    let rights = world.domain.entitlements();
    let (a, b) = tokio::join!(rights.grant(&owner, agent, buyer.user_id, None), rights.grant(&owner, agent, buyer.user_id, None));
    assert_eq!(a.unwrap(), b.unwrap());
    let held = world.domain.entitlements().of_agent(&owner, agent, &PageRequest::default()).await.unwrap().items;
    assert_eq!(held.len(), 1);
    world.finish().await;
}

async fn only_who_decides_over_an_agent_grants(world: World) {
    let (owner, stranger) = (world.operator().await, world.operator().await);
    let agent = world.deployed_agent(&owner).await.row.id;
    let refused = world.domain.entitlements().grant(&stranger, agent, stranger.user_id, None).await.unwrap_err();
    assert_eq!(refused.class(), Class::Missing, "what is granted there is somebody else's");
    world.finish().await;
}

async fn the_owner_runs_an_agent_in_every_state_but_two(world: World) {
    let owner = world.operator().await;
    let agent = world.agent(&owner).await;
    let validate = async || world.domain.executions().validate(&owner, request(&agent)).await;
    assert!(validate().await.is_ok(), "a draft");
    world.domain.agents().apply(&owner, agent.row.id, Event::InitiateDeployment, None).await.unwrap();
    assert!(validate().await.is_ok(), "one that waits for its token");
    world.domain.agents().advance(agent.row.id, Event::Fail, Change::default(), "chain").await.unwrap();
    assert!(matches!(validate().await, Err(ExecutionError::NotRunnable { .. })), "a failed one");
    world.domain.agents().apply(&owner, agent.row.id, Event::Archive, None).await.unwrap();
    assert!(matches!(validate().await, Err(ExecutionError::NotRunnable { .. })), "an archived one");
    world.finish().await;
}

async fn the_agents_log_tells_who_was_let_in_and_who_not_any_more(world: World) {
    let (owner, buyer, architect) = (world.operator().await, world.operator().await, world.caller(domain::accounts::Role::Architect).await);
    let (agent, rights) = (world.agent(&owner).await.row.id, world.domain.entitlements());
    rights.grant(&owner, agent, buyer.user_id, None).await.unwrap();
    rights.grant(&owner, agent, buyer.user_id, None).await.unwrap();
    rights.revoke(&architect, agent, buyer.user_id).await.unwrap();
    assert!(rights.revoke(&architect, agent, buyer.user_id).await.is_err());
    let log = world.domain.agents().audit(&owner, agent, &PageRequest::default()).await.unwrap().items;
    let lines: Vec<_> = log.iter().map(|line| (line.actor.clone(), line.action.as_str())).collect();
    assert_eq!(lines, [(architect.actor(), "entitlement_revoked"), (owner.actor(), "entitlement_granted"), (owner.actor(), "created")]);
    assert_eq!(log[1].detail.as_ref().unwrap()["user_id"], json!(buyer.user_id));
    world.finish().await;
}

//! Lists show what one may see, in pages, by what is known.

use domain::agents::{AgentDraft, AgentError, AgentFilter, Category, State};
use domain::executions::ExecutionFilter;
use domain::paging::{PageError, PageRequest};
use serde_json::json;
use testkit::{World, draft};

crate::on_every_engine!(
    a_list_shows_what_is_deployed_and_ones_own_drafts,
    agents_are_found_by_each_filter,
    agents_are_found_by_words_and_words_are_never_operators,
    pages_lead_on_without_gaps_or_repeats,
    a_token_of_another_filter_is_refused,
    everybody_lists_their_own_executions,
    a_page_of_large_rows_ends_early_and_the_next_goes_on,
);

fn all() -> PageRequest {
    PageRequest::default()
}

async fn names(world: &World, caller: &domain::Caller, filter: AgentFilter) -> Vec<String> {
    let page = world.domain.agents().list(caller, &filter, &all()).await.expect("the list answers");
    page.items.into_iter().map(|agent| agent.row.name).collect()
}

async fn a_list_shows_what_is_deployed_and_ones_own_drafts(world: World) {
    let (owner, stranger) = (world.operator().await, world.operator().await);
    world.agent_like(&owner, AgentDraft { name: "Draft".into(), ..draft() }).await;
    let shown = world.agent_like(&owner, AgentDraft { name: "Shown".into(), ..draft() }).await;
    world.deploy(shown.row.id).await;
    assert_eq!(names(&world, &owner, AgentFilter::default()).await, ["Shown", "Draft"]);
    assert_eq!(names(&world, &stranger, AgentFilter::default()).await, ["Shown"]);
    world.finish().await;
}

async fn agents_are_found_by_each_filter(world: World) {
    let (ann, ben) = (world.operator().await, world.operator().await);
    let one = world.agent_like(&ann, AgentDraft { name: "Ann's".into(), category: Category::Trading, ..draft() }).await;
    let two = world.agent_like(&ben, AgentDraft { name: "Ben's".into(), ..draft() }).await;
    world.deploy(one.row.id).await;
    world.deploy(two.row.id).await;
    world.database.execute("UPDATE agents SET token_address = 'Token1', pool_address = 'Pool1' WHERE category = 'trading'").await;
    let filters = [
        AgentFilter { category: Some(Category::Trading), ..AgentFilter::default() },
        AgentFilter { owner: Some(ann.user_id), ..AgentFilter::default() },
        AgentFilter { token: Some("Token1".into()), ..AgentFilter::default() },
        AgentFilter { pool_id: Some("Pool1".into()), ..AgentFilter::default() },
        AgentFilter { state: Some(State::Deployed), owner: Some(ann.user_id), ..AgentFilter::default() },
    ];
    for filter in filters {
        assert_eq!(names(&world, &ben, filter.clone()).await, ["Ann's"], "{filter:?}");
    }
    assert!(names(&world, &ben, AgentFilter { state: Some(State::Failed), ..AgentFilter::default() }).await.is_empty());
    world.finish().await;
}

async fn agents_are_found_by_words_and_words_are_never_operators(world: World) {
    let owner = world.operator().await;
    world.agent_like(&owner, AgentDraft { name: "Weather oracle".into(), description: "Tells rain from shine.".into(), ..draft() }).await;
    world.agent(&owner).await;
    let find = async |q: &str| names(&world, &owner, AgentFilter { q: Some(q.into()), ..AgentFilter::default() }).await;
    assert_eq!(find("weather").await, ["Weather oracle"]);
    assert_eq!(find("RAIN oracle").await, ["Weather oracle"]);
    assert!(find("weather words").await.is_empty(), "all words have to be there");
    for odd in ["\"", "rain OR words", "name:rain", "rain*", "-rain", "NEAR(rain shine)", "'; DROP TABLE agents; --", "(", "a\0b", "!!!"] {
        let found = find(odd).await;
        assert!(found.len() <= 1, "{odd}: {found:?}");
    }
    world
        .domain
        .agents()
        .update(&owner, first(&world, &owner).await, AgentDraft { name: "Sunrise".into(), ..draft() }, None)
        .await
        .unwrap();
    assert_eq!(find("sunrise").await, ["Sunrise"], "the index follows a change");
    world.finish().await;
}

/// `VACUUM` gives the rows of a table without a number of its own other ones.
#[tokio::test(flavor = "multi_thread")]
async fn agents_are_found_by_words_after_a_vacuum() {
    let world = World::new().await;
    let owner = world.operator().await;
    let named = async |name: &str| world.agent_like(&owner, AgentDraft { name: name.into(), ..draft() }).await.row.id;
    let gone = named("Sundial").await;
    named("Barometer").await;
    let renamed = named("Thermometer").await;
    let find = async |q: &str| names(&world, &owner, AgentFilter { q: Some(q.into()), ..AgentFilter::default() }).await;
    let hex = uuid::Uuid::from(gone).as_simple().to_string();
    for table in ["agent_versions WHERE agent_id", "agent_audit_log WHERE agent_id", "agents WHERE id"] {
        world.database.execute(&format!("DELETE FROM {table} = unhex('{hex}')")).await;
    }
    world.database.execute("VACUUM").await;
    assert_eq!((find("barometer").await, find("thermometer").await), (vec!["Barometer".to_owned()], vec!["Thermometer".to_owned()]));
    world.domain.agents().update(&owner, renamed, AgentDraft { name: "Hygrometer".into(), ..draft() }, None).await.unwrap();
    assert_eq!(
        (find("hygrometer").await, find("thermometer").await, find("sundial").await),
        (vec!["Hygrometer".to_owned()], vec![], vec![])
    );
    world.finish().await;
}

async fn first(world: &World, owner: &domain::Caller) -> domain::entities::id::AgentId {
    world.domain.agents().list(owner, &AgentFilter::default(), &all()).await.unwrap().items[0].row.id
}

async fn pages_lead_on_without_gaps_or_repeats(world: World) {
    let owner = world.operator().await;
    for number in 0..7 {
        world.agent_like(&owner, AgentDraft { name: format!("Agent {number}"), ..draft() }).await;
    }
    let (mut seen, mut token) = (Vec::new(), None);
    loop {
        let page = PageRequest { size: Some(3), token };
        let page = world.domain.agents().list(&owner, &AgentFilter::default(), &page).await.unwrap();
        assert!(page.items.len() <= 3);
        seen.extend(page.items.into_iter().map(|agent| agent.row.name));
        token = page.next_page_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, (0..7).rev().map(|number| format!("Agent {number}")).collect::<Vec<_>>());
    world.finish().await;
}

async fn a_token_of_another_filter_is_refused(world: World) {
    let owner = world.operator().await;
    world.agent(&owner).await;
    world.agent(&owner).await;
    let page = PageRequest { size: Some(1), token: None };
    let token = world.domain.agents().list(&owner, &AgentFilter::default(), &page).await.unwrap().next_page_token;
    let filter = AgentFilter { category: Some(Category::Nft), ..AgentFilter::default() };
    let refused = world.domain.agents().list(&owner, &filter, &PageRequest { size: None, token }).await;
    assert!(matches!(refused, Err(AgentError::Page(PageError::Token))));
    world.finish().await;
}

async fn everybody_lists_their_own_executions(world: World) {
    let (owner, submitted) = world.accepted_run().await;
    let stranger = world.operator().await;
    world.run_jobs().await;
    let list = async |caller, filter| world.domain.executions().list(caller, &filter, &all()).await.unwrap().items;
    let own = list(&owner, ExecutionFilter::default()).await;
    assert_eq!(own.iter().map(|execution| execution.id).collect::<Vec<_>>(), [submitted.execution_id]);
    assert!(list(&stranger, ExecutionFilter::default()).await.is_empty());
    let other = ExecutionFilter { state: Some(domain::executions::State::Failed), agent_id: Some(own[0].agent_id) };
    assert!(list(&owner, other).await.is_empty());
    assert_eq!(own[0].output, Some(json!({ "text": "a b c" })));
    world.finish().await;
}

async fn a_page_of_large_rows_ends_early_and_the_next_goes_on(world: World) {
    let lists = domain::paging::Settings { page_bytes_max: 100_000 };
    let domain = world.domain_set(domain::Settings { lists, ..domain::Settings::default() });
    let owner = world.operator().await;
    let large = |bytes| json!({ "type": "object", "description": "x".repeat(bytes) });
    for bytes in [40_000, 40_000, 40_000, 40_000, 10] {
        world.agent_like(&owner, AgentDraft { input_schema: large(bytes), ..draft() }).await;
    }
    let agent = world.agent(&owner).await.row.id;
    for bytes in [300_000, 10, 60_000, 60_000] {
        world.run_agent(&owner, agent, json!({ "text": "x".repeat(bytes) })).await;
    }
    let (mut agents, mut page) = (Vec::new(), PageRequest { size: Some(1_000), token: None });
    loop {
        let found = domain.agents().list(&owner, &AgentFilter::default(), &page).await.unwrap();
        agents.push(found.items.len());
        page.token = found.next_page_token;
        if page.token.is_none() {
            break;
        }
    }
    assert_eq!(agents, [5, 1], "three large ones and two small ones, then the rest");
    let (mut runs, mut page) = (Vec::new(), PageRequest { size: Some(1_000), token: None });
    loop {
        let found = domain.executions().list(&owner, &ExecutionFilter::default(), &page).await.unwrap();
        runs.push(found.items.len());
        page.token = found.next_page_token;
        if page.token.is_none() {
            break;
        }
    }
    assert_eq!(runs, [2, 2], "one that is larger than a page is there all the same");
    world.run_jobs().await;
    world.finish().await;
}

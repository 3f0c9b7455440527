//! Keys for programs: told once, kept as hashes, over within seconds.

use std::time::Duration;

use domain::accounts::{Credential, Role};
use domain::api_keys::{self, ApiKeyError, Holder, Issued, NewApiKey, Scope, Scopes};
use domain::idempotency::Claim;
use domain::ops::Actor;
use domain::paging::PageRequest;
use domain::{Caller, Fault as _};
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use testkit::World;

crate::on_every_engine!(
    a_key_opens_what_its_scopes_say_until_it_is_revoked,
    a_slip_of_the_pen_asks_no_database,
    only_a_hash_of_a_key_is_stored,
    a_repetition_shows_the_key_without_its_text,
    a_key_ends_with_its_time_and_with_its_user,
    what_another_process_revokes_is_refused_here_within_seconds,
    a_rotated_key_goes_on_for_the_overlap_and_no_longer,
    a_key_that_is_rotated_again_lives_as_long_as_it_was_meant_to,
    a_key_that_is_revoked_meanwhile_is_not_rotated,
    nobody_makes_a_key_that_may_more_than_they_may,
    a_user_has_so_many_live_keys_and_no_more,
    rotating_makes_no_more_live_keys_than_there_may_be,
    of_many_uses_one_is_written_down_in_a_minute,
    ended_keys_are_forgotten_in_the_end,
);

fn wanted(scopes: &[Scope]) -> NewApiKey {
    NewApiKey { name: "nightly".into(), holder: Holder::User, scopes: scopes.iter().copied().collect(), expires_at: None }
}

async fn issued(world: &World, caller: &Caller) -> Issued {
    world.domain.api_keys().create(caller, wanted(&[Scope::Read]), None).await.unwrap().into_inner()
}

fn text(issued: &Issued) -> &str {
    issued.secret.as_ref().unwrap().reveal()
}

async fn opens(world: &World, issued: &Issued) -> bool {
    world.domain.api_keys().caller(text(issued)).await.is_ok()
}

async fn a_key_opens_what_its_scopes_say_until_it_is_revoked(world: World) {
    let architect = world.caller(Role::Architect).await;
    let issued = issued(&world, &architect).await;
    let caller = world.domain.api_keys().caller(text(&issued)).await.unwrap();
    assert_eq!(
        (caller.user_id, caller.role),
        (architect.user_id, Role::Operator),
        "a key that may not act in operations is nobody special"
    );
    assert_eq!(caller.credential, Credential::Key(issued.key.id, Scopes::from("read")));
    assert!(caller.has(Scope::Read) && !caller.has(Scope::Write) && !caller.is_signed_in());
    assert_eq!(caller.counted_as(), issued.key.id.to_string(), "each key has limits of its own");
    let stranger = world.operator().await;
    assert!(matches!(world.domain.api_keys().revoke(&stranger, issued.key.id).await, Err(ApiKeyError::Missing { .. })));
    for _ in 0..2 {
        world.domain.api_keys().revoke(&architect, issued.key.id).await.unwrap();
        assert!(!opens(&world, &issued).await);
    }
    world.finish().await;
}

async fn a_slip_of_the_pen_asks_no_database(world: World) {
    let issued = issued(&world, &world.operator().await).await;
    let mut slip = text(&issued).to_owned();
    let other = if slip[11..].starts_with('x') { "y" } else { "x" };
    slip.replace_range(11..12, other);
    world.database.execute("ALTER TABLE api_keys RENAME TO api_keys_elsewhere").await;
    let foreign = ["mp_sk_live_", "mp_sk_live_0123456789", "sk_live_4eC39HqLyjWDarjtT1zdp7dc", slip.as_str()];
    for text in foreign {
        assert!(matches!(world.domain.api_keys().caller(text).await, Err(ApiKeyError::Unknown)), "{text}");
    }
    world.database.execute("ALTER TABLE api_keys_elsewhere RENAME TO api_keys").await;
    assert!(opens(&world, &issued).await);
    world.finish().await;
}

async fn only_a_hash_of_a_key_is_stored(world: World) {
    let issued = issued(&world, &world.operator().await).await;
    let hash = "SELECT count(*) FROM api_keys WHERE length(hash) = 64 AND pepper_version = 1 AND length(prefix) = 15";
    assert_eq!(world.database.count(hash).await, 1);
    for column in ["prefix", "hash", "name", "scopes"] {
        let held = format!("SELECT count(*) FROM api_keys WHERE {column} LIKE '%{}%'", &text(&issued)[15..30]);
        assert_eq!(world.database.count(&held).await, 0, "{column}");
    }
    assert!(!format!("{issued:?}").contains(text(&issued)));
    world.finish().await;
}

async fn a_repetition_shows_the_key_without_its_text(world: World) {
    let caller = world.operator().await;
    let claim = Claim::new(&caller, "POST", "/v1/keys", "k", &json!({}));
    let create = async || world.domain.api_keys().create(&caller, wanted(&[Scope::Read]), Some(&claim)).await.unwrap();
    let (first, again) = (create().await.into_inner(), create().await);
    assert!(again.is_replay() && again.get().secret.is_none());
    assert_eq!(again.get().key, first.key);
    let kept = format!("SELECT count(*) FROM idempotency_keys WHERE CAST(answer AS TEXT) LIKE '%{}%'", &text(&first)[15..]);
    assert_eq!(world.database.count(&kept).await, 0, "nor is it kept with the answer");
    world.finish().await;
}

async fn a_key_ends_with_its_time_and_with_its_user(world: World) {
    let (caller, architect) = (world.operator().await, world.caller(Role::Architect).await);
    let end = world.domain.now().plus(Duration::from_hours(1));
    let brief = NewApiKey { expires_at: Some(end), ..wanted(&[Scope::Read]) };
    let brief = world.domain.api_keys().create(&caller, brief, None).await.unwrap().into_inner();
    let endless = issued(&world, &caller).await;
    assert!(opens(&world, &brief).await && opens(&world, &endless).await);
    let actor = Actor { caller: architect, request_id: None };
    world.domain.ops().suspend(&actor, caller.user_id, None).await.unwrap();
    assert!(!opens(&world, &endless).await, "at once");
    world.domain.ops().resume(&actor, caller.user_id, None).await.unwrap();
    world.clock.advance(Duration::from_hours(1));
    assert!(!opens(&world, &brief).await && opens(&world, &endless).await);
    let by_architect = world.domain.ops().revoke_key(&actor, endless.key.id, None).await.unwrap();
    assert!(by_architect.revoked_at.is_some() && !opens(&world, &endless).await);
    assert_eq!(world.database.count("SELECT count(*) FROM api_audit WHERE action = 'revoke_key'").await, 1);
    world.finish().await;
}

async fn what_another_process_revokes_is_refused_here_within_seconds(world: World) {
    let caller = world.operator().await;
    let issued = issued(&world, &caller).await;
    assert!(opens(&world, &issued).await);
    let elsewhere = world.domain_set(world.domain.settings().clone());
    elsewhere.api_keys().revoke(&caller, issued.key.id).await.unwrap();
    assert!(elsewhere.api_keys().caller(text(&issued)).await.is_err(), "there at once");
    world.clock.advance(Duration::from_millis(world.domain.settings().sign_in.standing_ms_max.into()));
    assert!(!opens(&world, &issued).await, "and here two seconds later");
    world.finish().await;
}

async fn a_rotated_key_goes_on_for_the_overlap_and_no_longer(world: World) {
    let caller = world.operator().await;
    let old = issued(&world, &caller).await;
    let rotate = async |overlap| world.domain.api_keys().rotate(&caller, old.key.id, Duration::from_secs(overlap), None).await;
    assert_eq!(rotate(8 * 86_400).await.unwrap_err().code(), "validation-failed");
    let new = rotate(3_600).await.unwrap().into_inner();
    assert_eq!((&new.key.name, &new.key.scopes), (&old.key.name, &old.key.scopes));
    assert!(opens(&world, &old).await && opens(&world, &new).await);
    world.clock.advance(Duration::from_hours(1));
    assert!(!opens(&world, &old).await && opens(&world, &new).await);
    assert!(matches!(rotate(0).await, Err(ApiKeyError::Over { .. })));
    world.finish().await;
}

async fn a_key_that_is_rotated_again_lives_as_long_as_it_was_meant_to(world: World) {
    let caller = world.operator().await;
    let endless = issued(&world, &caller).await;
    let hour = Duration::from_hours(1);
    let rotate = async |id, overlap| world.domain.api_keys().rotate(&caller, id, overlap, None).await.unwrap().into_inner();
    rotate(endless.key.id, hour).await;
    let second = rotate(endless.key.id, 2 * hour).await;
    assert_eq!(second.key.expires_at, None, "the end of the overlap is not the key's life");
    let ends = world.domain.api_keys().get(&caller, endless.key.id).await.unwrap().expires_at;
    assert_eq!(ends, Some(world.domain.now().plus(hour)), "nor does rotating again lengthen the overlap");
    let end = world.domain.now().plus(24 * hour);
    let brief = NewApiKey { expires_at: Some(end), ..wanted(&[Scope::Read]) };
    let brief = world.domain.api_keys().create(&caller, brief, None).await.unwrap().into_inner();
    rotate(brief.key.id, hour).await;
    assert_eq!(rotate(brief.key.id, hour).await.key.expires_at, Some(end), "it lives as long as the first one");
    world.clock.advance(hour);
    assert!(opens(&world, &second).await && !opens(&world, &endless).await && !opens(&world, &brief).await);
    world.clock.advance(Duration::from_hours(24 * 90) + Duration::from_secs(1));
    assert_eq!(api_keys::prune(&world.domain, 10).await.unwrap(), 2, "what was replaced is forgotten as what ended by itself is");
    world.finish().await;
}

/// A read that does not hold the row would make a key out of one that somebody has just taken back.
async fn a_key_that_is_revoked_meanwhile_is_not_rotated(world: World) {
    let caller = world.operator().await;
    let old = issued(&world, &caller).await;
    let revoking = world.database.db.write().await.unwrap();
    revoking.execute_unprepared("UPDATE api_keys SET revoked_at = 1").await.unwrap();
    let (domain, id) = (world.domain.clone(), old.key.id);
    let rotating = testkit::spawn(async move { domain.api_keys().rotate(&caller, id, Duration::ZERO, None).await });
    if world.database.kind == testkit::Kind::Postgres {
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        testkit::until("it waits for the row", async || world.database.count(waits).await == 1).await;
    }
    revoking.commit().await.unwrap();
    let refused = rotating.await.unwrap();
    assert!(matches!(refused, Err(ApiKeyError::Over { .. })), "{refused:?}");
    world.finish().await;
}

async fn nobody_makes_a_key_that_may_more_than_they_may(world: World) {
    let (operator, observer) = (world.operator().await, world.caller(Role::Observer).await);
    let create = async |caller: &Caller, new| world.domain.api_keys().create(caller, new, None).await;
    for (caller, scope) in [(&operator, Scope::OpsRead), (&operator, Scope::OpsWrite), (&observer, Scope::OpsWrite)] {
        assert_eq!(create(caller, wanted(&[scope])).await.unwrap_err().fields()[0].pointer, "/scopes", "{}", scope.name());
    }
    assert!(create(&observer, wanted(&[Scope::OpsRead])).await.is_ok());
    let nonsense = NewApiKey { name: " ".into(), expires_at: Some(world.domain.now()), ..wanted(&[]) };
    let wrong = create(&operator, nonsense).await.unwrap_err();
    assert_eq!(wrong.fields().iter().map(|field| field.pointer.as_str()).collect::<Vec<_>>(), ["/name", "/scopes", "/expires_at"]);
    world.finish().await;
}

async fn a_user_has_so_many_live_keys_and_no_more(world: World) {
    let settings = domain::Settings {
        api_keys: api_keys::Settings { live_keys_max: 2, ..api_keys::Settings::default() },
        ..domain::Settings::default()
    };
    let (domain, caller) = (world.domain_set(settings), world.operator().await);
    let create = async || domain.api_keys().create(&caller, wanted(&[Scope::Read]), None).await;
    let made = futures::future::join_all((0..5).map(|_| create())).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 2, "also when they come together");
    let page = domain.api_keys().list(&caller, Some(Holder::User), &PageRequest::default()).await.unwrap();
    domain.api_keys().revoke(&caller, page.items[0].id).await.unwrap();
    assert!(create().await.is_ok(), "a revoked key makes room");
    assert!(domain.api_keys().list(&caller, Some(Holder::Agent), &PageRequest::default()).await.unwrap().items.is_empty());
    world.finish().await;
}

async fn rotating_makes_no_more_live_keys_than_there_may_be(world: World) {
    let settings = domain::Settings {
        api_keys: api_keys::Settings { live_keys_max: 2, ..api_keys::Settings::default() },
        ..domain::Settings::default()
    };
    let (domain, caller) = (world.domain_set(settings), world.operator().await);
    let old = issued(&world, &caller).await;
    let rotate = async |id, overlap| domain.api_keys().rotate(&caller, id, Duration::from_secs(overlap), None).await;
    let new = rotate(old.key.id, 3_600).await.unwrap().into_inner();
    let third = rotate(new.key.id, 3_600).await;
    assert!(matches!(third, Err(ApiKeyError::TooMany { max: 2 })), "{third:?}");
    assert!(opens(&world, &new).await && opens(&world, &old).await, "and nothing has ended for it");
    assert!(rotate(new.key.id, 0).await.is_ok(), "without an overlap there is one instead of the other");
    world.finish().await;
}

async fn of_many_uses_one_is_written_down_in_a_minute(world: World) {
    let caller = world.operator().await;
    let (used, idle) = (issued(&world, &caller).await, issued(&world, &caller).await);
    let last_used = async || {
        world.domain.api_keys().write_uses().await.unwrap();
        world.domain.api_keys().get(&caller, used.key.id).await.unwrap().last_used_at
    };
    assert_eq!(last_used().await, None);
    assert!(opens(&world, &used).await);
    let first = world.domain.now();
    assert_eq!(last_used().await, Some(first));
    world.clock.advance(Duration::from_secs(59));
    assert!(opens(&world, &used).await);
    assert_eq!(last_used().await, Some(first), "not again within the minute");
    world.clock.advance(Duration::from_secs(1));
    assert!(opens(&world, &used).await);
    assert_eq!(last_used().await, Some(world.domain.now()));
    assert_eq!(world.domain.api_keys().get(&caller, idle.key.id).await.unwrap().last_used_at, None);
    world.finish().await;
}

async fn ended_keys_are_forgotten_in_the_end(world: World) {
    let caller = world.operator().await;
    let (revoked, live) = (issued(&world, &caller).await, issued(&world, &caller).await);
    world.domain.api_keys().revoke(&caller, revoked.key.id).await.unwrap();
    world.clock.advance(Duration::from_hours(24 * 90));
    assert_eq!(api_keys::prune(&world.domain, 10).await.unwrap(), 0);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(api_keys::prune(&world.domain, 10).await.unwrap(), 1);
    assert!(opens(&world, &live).await);
    world.finish().await;
}

//! Refresh tokens, signing out, and how soon both count.

use std::time::Duration;

use domain::Fault as _;
use domain::accounts::{AccountError, Credential, Role};
use domain::ops::Actor;
use domain::sign_in::{self, SignInError, SignedIn};
use testkit::{TestWallet, World};

crate::on_every_engine!(
    a_refresh_token_is_good_once_and_leads_on,
    a_refresh_token_that_comes_twice_closes_its_sign_in,
    of_many_refreshes_with_one_token_at_most_one_leads_on,
    a_refresh_token_ends_with_its_time_and_with_its_sign_in,
    signing_out_ends_one_sign_in_and_everywhere_ends_all,
    what_another_process_closes_is_closed_here_within_seconds,
    a_suspension_counts_at_once_and_closes_every_sign_in,
    an_architect_grants_roles_and_does_not_lock_themselves_out,
    secrets_are_stored_as_hashes_only,
    what_opens_nothing_any_more_is_forgotten,
);

async fn signed_in(world: &World) -> SignedIn {
    let wallet = TestWallet::new(1);
    world.domain.sign_ins().by_wallet(&wallet.answers(world).await).await.unwrap()
}

async fn is_in(world: &World, who: &SignedIn) -> bool {
    world.domain.accounts().caller(who.user.id, Credential::SignIn(who.sign_in_id)).await.is_ok()
}

async fn a_refresh_token_is_good_once_and_leads_on(world: World) {
    let mut now = signed_in(&world).await;
    for _ in 0..3 {
        let next = world.domain.sign_ins().refresh(now.refresh_token.reveal()).await.unwrap();
        assert_eq!((next.user.id, next.sign_in_id), (now.user.id, now.sign_in_id));
        assert_ne!(next.refresh_token.reveal(), now.refresh_token.reveal());
        now = next;
    }
    assert_eq!(world.domain.sign_ins().refresh("guessed").await.unwrap_err().code(), "invalid-refresh-token");
    assert!(is_in(&world, &now).await, "a guess closes nothing");
    world.finish().await;
}

async fn a_refresh_token_that_comes_twice_closes_its_sign_in(world: World) {
    let (first, other) = (signed_in(&world).await, signed_in(&world).await);
    let second = world.domain.sign_ins().refresh(first.refresh_token.reveal()).await.unwrap();
    assert!(is_in(&world, &second).await);
    let again = world.domain.sign_ins().refresh(first.refresh_token.reveal()).await;
    assert!(matches!(again, Err(SignInError::RefreshTokenReused)));
    assert!(!is_in(&world, &second).await, "access tokens too, and at once");
    let newest = world.domain.sign_ins().refresh(second.refresh_token.reveal()).await;
    assert!(matches!(newest, Err(SignInError::RefreshToken)), "whoever holds the newest is out as well");
    assert!(is_in(&world, &other).await, "the user's other sign-ins go on");
    let why = "SELECT count(*) FROM sign_ins WHERE closed_because = 'refresh_token_reused'";
    assert_eq!(world.database.count(why).await, 1);
    world.finish().await;
}

async fn of_many_refreshes_with_one_token_at_most_one_leads_on(world: World) {
    let first = signed_in(&world).await;
    let all = (0..20).map(|_| {
        let (domain, token) = (world.domain.clone(), first.refresh_token.clone());
        testkit::spawn(async move { domain.sign_ins().refresh(token.reveal()).await.is_ok() })
    });
    let led_on = futures::future::join_all(all).await.into_iter().filter(|one| *one.as_ref().unwrap()).count();
    assert_eq!(led_on, 1);
    assert!(!is_in(&world, &first).await);
    world.finish().await;
}

async fn a_refresh_token_ends_with_its_time_and_with_its_sign_in(world: World) {
    let lazy = signed_in(&world).await;
    world.clock.advance(Duration::from_hours(7 * 24));
    assert!(matches!(world.domain.sign_ins().refresh(lazy.refresh_token.reveal()).await, Err(SignInError::RefreshToken)));
    let mut busy = signed_in(&world).await;
    for day in (6..90).step_by(6) {
        world.clock.advance(Duration::from_hours(6 * 24));
        busy = world.domain.sign_ins().refresh(busy.refresh_token.reveal()).await.unwrap_or_else(|error| panic!("day {day}: {error}"));
    }
    world.clock.advance(Duration::from_hours(6 * 24));
    let over = world.domain.sign_ins().refresh(busy.refresh_token.reveal()).await;
    assert!(matches!(over, Err(SignInError::RefreshToken)), "after 90 days one proves oneself again");
    assert!(!is_in(&world, &busy).await);
    world.finish().await;
}

async fn signing_out_ends_one_sign_in_and_everywhere_ends_all(world: World) {
    let (phone, laptop, tablet) = (signed_in(&world).await, signed_in(&world).await, signed_in(&world).await);
    world.domain.sign_ins().close(&phone.caller()).await.unwrap();
    assert!(!is_in(&world, &phone).await && is_in(&world, &laptop).await);
    assert!(world.domain.sign_ins().refresh(phone.refresh_token.reveal()).await.is_err());
    world.domain.sign_ins().close_all(&laptop.caller()).await.unwrap();
    assert!(!is_in(&world, &laptop).await && !is_in(&world, &tablet).await);
    assert!(world.domain.sign_ins().refresh(tablet.refresh_token.reveal()).await.is_err());
    world.finish().await;
}

async fn what_another_process_closes_is_closed_here_within_seconds(world: World) {
    let who = signed_in(&world).await;
    let elsewhere = world.domain_with(domain::Ports::default());
    assert!(is_in(&world, &who).await, "and remembered");
    elsewhere.sign_ins().close(&who.caller()).await.unwrap();
    world.clock.advance(Duration::from_millis(world.domain.settings().sign_in.standing_ms_max.into()));
    let out = world.domain.accounts().caller(who.user.id, Credential::SignIn(who.sign_in_id)).await;
    assert!(matches!(out, Err(AccountError::SignedOut)));
    assert!(world.domain.settings().sign_in.standing_ms_max <= 5_000, "what the documentation promises");
    world.finish().await;
}

async fn a_suspension_counts_at_once_and_closes_every_sign_in(world: World) {
    let (who, architect) = (signed_in(&world).await, world.caller(Role::Architect).await);
    let actor = Actor { caller: architect, request_id: None };
    assert!(is_in(&world, &who).await);
    world.domain.ops().suspend(&actor, who.user.id, None).await.unwrap();
    assert!(!is_in(&world, &who).await);
    assert!(world.domain.sign_ins().refresh(who.refresh_token.reveal()).await.is_err());
    world.domain.ops().resume(&actor, who.user.id, None).await.unwrap();
    assert!(!is_in(&world, &who).await, "what was closed stays closed");
    let back = signed_in(&world).await;
    assert!(is_in(&world, &back).await);
    let audited = "SELECT count(*) FROM api_audit WHERE action IN ('suspend_user', 'resume_user')";
    assert_eq!(world.database.count(audited).await, 2);
    world.finish().await;
}

async fn an_architect_grants_roles_and_does_not_lock_themselves_out(world: World) {
    let (who, architect) = (signed_in(&world).await, world.caller(Role::Architect).await);
    let actor = Actor { caller: architect, request_id: None };
    assert!(is_in(&world, &who).await);
    world.domain.ops().set_role(&actor, who.user.id, Role::Observer, None).await.unwrap();
    let caller = world.domain.accounts().caller(who.user.id, Credential::SignIn(who.sign_in_id)).await.unwrap();
    assert_eq!(caller.role, Role::Observer, "it counts for the tokens that are out");
    let oneself = architect.user_id;
    assert_eq!(world.domain.ops().set_role(&actor, oneself, Role::Operator, None).await.unwrap_err().code(), "refused");
    assert_eq!(world.domain.ops().suspend(&actor, oneself, None).await.unwrap_err().code(), "refused");
    let nobody = uuid::Uuid::from_u128(1).into();
    assert_eq!(world.domain.ops().suspend(&actor, nobody, None).await.unwrap_err().code(), "not-found");
    world.finish().await;
}

async fn secrets_are_stored_as_hashes_only(world: World) {
    let who = signed_in(&world).await;
    let browser = world.domain.sign_ins().browser_session(&who.caller()).await.unwrap();
    let (token, cookie) = (who.refresh_token.reveal(), browser.secret.reveal());
    let stored = format!("SELECT count(*) FROM refresh_tokens, sign_ins WHERE token_hash = '{token}' OR cookie_hash = '{cookie}'");
    assert_eq!(world.database.count(&stored).await, 0);
    assert!(!format!("{who:?} {browser:?}").contains(token) && !format!("{browser:?}").contains(cookie));
    assert_eq!(world.domain.sign_ins().by_cookie(cookie).await.unwrap(), Some((who.user.id, Credential::SignIn(who.sign_in_id))));
    assert_eq!(world.domain.sign_ins().by_cookie("guessed").await.unwrap(), None);
    world.finish().await;
}

async fn what_opens_nothing_any_more_is_forgotten(world: World) {
    let (closed, open) = (signed_in(&world).await, signed_in(&world).await);
    world.domain.sign_ins().close(&closed.caller()).await.unwrap();
    world.clock.advance(Duration::from_hours(25));
    let mut forgotten = 0;
    while let rows @ 1.. = sign_in::prune(&world.domain, 1).await.unwrap() {
        forgotten += rows;
    }
    assert_eq!(forgotten, 3, "two challenges and one sign-in");
    assert_eq!(world.database.count("SELECT count(*) FROM refresh_tokens").await, 1);
    assert!(is_in(&world, &open).await);
    world.finish().await;
}

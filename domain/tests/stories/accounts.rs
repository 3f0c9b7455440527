//! The first architect, links that work once, users who are not let in.

use std::time::Duration;

use domain::accounts::{AccountError, Credential, Role};
use domain::sign_in::SignInError;
use testkit::World;

crate::on_every_engine!(
    the_first_start_makes_one_architect_and_every_other_start_none,
    processes_that_start_together_make_one_architect,
    a_login_secret_works_once_and_not_for_ever,
    a_user_whom_another_process_suspends_is_refused_within_seconds,
    a_user_keeps_the_role_that_was_granted,
    nothing_is_issued_for_a_suspended_user,
);

async fn the_first_start_makes_one_architect_and_every_other_start_none(world: World) {
    let secret = world.domain.accounts().bootstrap().await.unwrap().expect("the first start makes one");
    assert!(world.domain.accounts().bootstrap().await.unwrap().is_none());
    let architect = world.domain.sign_ins().by_link(&secret.secret).await.unwrap().user;
    assert_eq!((architect.id, architect.role), (secret.user_id, Role::Architect));
    assert!(!format!("{secret:?}").contains(&secret.secret), "a secret is not printed by accident");
    let stored = world.database.count(&format!("SELECT count(*) FROM login_links WHERE secret_hash = '{}'", secret.secret)).await;
    assert_eq!(stored, 0, "only its hash is stored");
    world.finish().await;
}

async fn processes_that_start_together_make_one_architect(world: World) {
    let accounts = world.domain.accounts();
    let (a, b, c) = tokio::join!(accounts.bootstrap(), accounts.bootstrap(), accounts.bootstrap());
    let made = [a, b, c].into_iter().filter(|made| made.as_ref().unwrap().is_some()).count();
    assert_eq!(made, 1);
    world.finish().await;
}

async fn a_login_secret_works_once_and_not_for_ever(world: World) {
    let user = world.operator().await.user_id;
    let first = world.domain.accounts().login_link(user).await.unwrap();
    world.domain.sign_ins().by_link(&first.secret).await.unwrap();
    assert!(matches!(world.domain.sign_ins().by_link(&first.secret).await, Err(SignInError::Account(AccountError::LoginLink))));
    let late = world.domain.accounts().login_link(user).await.unwrap();
    world.clock.advance(Duration::from_secs(86_401));
    assert!(matches!(world.domain.sign_ins().by_link(&late.secret).await, Err(SignInError::Account(AccountError::LoginLink))));
    assert!(matches!(world.domain.sign_ins().by_link("guessed").await, Err(SignInError::Account(AccountError::LoginLink))));
    world.finish().await;
}

async fn a_user_whom_another_process_suspends_is_refused_within_seconds(world: World) {
    let user = world.operator().await.user_id;
    let link = world.domain.accounts().login_link(user).await.unwrap();
    assert!(world.domain.accounts().caller(user, Credential::Issued).await.is_ok());
    world.database.execute("UPDATE users SET state = 'suspended'").await;
    world.clock.advance(Duration::from_millis(world.domain.settings().sign_in.standing_ms_max.into()));
    assert!(matches!(world.domain.accounts().caller(user, Credential::Issued).await, Err(AccountError::Suspended { .. })));
    let refused = world.domain.sign_ins().by_link(&link.secret).await;
    assert!(matches!(refused, Err(SignInError::Account(AccountError::Suspended { .. }))));
    world.finish().await;
}

async fn a_user_keeps_the_role_that_was_granted(world: World) {
    let user = world.operator().await.user_id;
    assert_eq!(world.domain.accounts().issue(Role::Operator, Some(user)).await.unwrap().id, user);
    assert!(matches!(world.domain.accounts().issue(Role::Architect, Some(user)).await, Err(AccountError::OtherRole { .. })));
    world.finish().await;
}

async fn nothing_is_issued_for_a_suspended_user(world: World) {
    let user = world.operator().await.user_id;
    world.database.execute("UPDATE users SET state = 'suspended'").await;
    let refused = world.domain.accounts().issue(Role::Operator, Some(user)).await.unwrap_err();
    assert!(matches!(refused, AccountError::Suspended { .. }));
    assert_eq!(refused.to_string(), format!("user {user} is suspended"));
    world.finish().await;
}

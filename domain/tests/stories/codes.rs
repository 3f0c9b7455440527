//! Signing in with a code that came by mail.

use std::time::Duration;

use domain::Fault as _;
use domain::accounts::{AccountError, IdentityKind, Role};
use domain::entities::EmailAddress;
use domain::idempotency::Claim;
use domain::sign_in::{self, SignInError};
use serde_json::json;
use testkit::World;

crate::on_every_engine!(
    a_code_from_the_mailbox_signs_in_and_makes_an_operator_once,
    where_codes_are_off_those_that_are_out_open_nothing,
    the_third_wrong_guess_burns_a_code,
    of_many_guesses_at_once_three_are_looked_at,
    of_a_hundred_who_bring_one_code_one_gets_in,
    a_code_ends_with_its_time_and_with_the_next_one,
    asking_is_the_same_for_whoever_is_known_unknown_or_suspended,
    a_mailbox_gets_five_codes_an_hour,
    a_code_is_nowhere_but_in_its_mail,
    a_code_adds_a_mailbox_to_somebody_and_takes_none_away,
    a_code_that_is_brought_twice_under_one_key_is_answered_twice,
    a_wrong_code_leaves_the_key_free,
    a_code_is_still_good_when_the_database_has_failed,
    codes_that_nobody_brought_back_are_forgotten,
);

fn email(text: &str) -> EmailAddress {
    text.parse().unwrap()
}

/// Ask for a code, and look into the mailbox.
async fn sent(world: &World, to: &EmailAddress) -> String {
    world.domain.sign_ins().send_code(to).await.unwrap();
    world.run_jobs().await;
    let mail = world.mailer.taken().pop().unwrap();
    assert_eq!((&mail.to, mail.subject.as_str()), (to, "Your sign-in code"));
    mail.text.split_whitespace().find(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit())).unwrap().to_owned()
}

fn another(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

async fn a_code_from_the_mailbox_signs_in_and_makes_an_operator_once(world: World) {
    let first = world.domain.sign_ins().by_code(&email("Ann@Mail.Example"), &sent(&world, &email("ann@mail.example")).await).await.unwrap();
    assert_eq!((first.user.role, first.user.email.as_deref()), (Role::Operator, Some("ann@mail.example")));
    let code = sent(&world, &email("ann@mail.example")).await;
    let again = world.domain.sign_ins().by_code(&email("ann@mail.example"), &code).await.unwrap();
    assert_eq!(first.user.id, again.user.id);
    let twice = world.domain.sign_ins().by_code(&email("ann@mail.example"), &code).await.unwrap_err();
    assert_eq!(twice.code(), "invalid-code");
    assert_eq!(world.database.count("SELECT count(*) FROM sign_ins WHERE method = 'email'").await, 2);
    world.finish().await;
}

async fn where_codes_are_off_those_that_are_out_open_nothing(world: World) {
    let (ann, to) = (world.operator().await, email("ann@mail.example"));
    let code = sent(&world, &to).await;
    let mut settings = domain::Settings::default();
    settings.sign_in.email_codes = false;
    let house = world.domain_set(settings);
    let off = |refused: SignInError| assert!(matches!(refused, SignInError::NotOffered(_)), "{refused:?}");
    off(house.sign_ins().send_code(&to).await.unwrap_err());
    off(house.sign_ins().by_code(&to, &code).await.unwrap_err());
    off(house.sign_ins().add_email(&ann, &to, &code, None).await.unwrap_err());
    world.finish().await;
}

async fn the_third_wrong_guess_burns_a_code(world: World) {
    for (wrong_guesses, gets_in) in [(2, true), (3, false)] {
        let to = email(&format!("ann{wrong_guesses}@mail.example"));
        let code = sent(&world, &to).await;
        for _ in 0..wrong_guesses {
            let refused = world.domain.sign_ins().by_code(&to, another(&code)).await.unwrap_err();
            assert!(matches!(refused, SignInError::Code), "{refused:?}");
        }
        assert_eq!(world.domain.sign_ins().by_code(&to, &code).await.is_ok(), gets_in, "after {wrong_guesses}");
    }
    let (ann, ben) = (email("ann@mail.example"), email("ben@mail.example"));
    let code = sent(&world, &ann).await;
    sent(&world, &ben).await;
    assert_eq!(world.domain.sign_ins().by_code(&email("eve@mail.example"), &code).await.unwrap_err().code(), "invalid-code");
    assert!(world.domain.sign_ins().by_code(&ann, &code).await.is_ok(), "what others try at their own addresses costs nobody a try");
    world.finish().await;
}

async fn of_many_guesses_at_once_three_are_looked_at(world: World) {
    let to = email("ann@mail.example");
    let code = sent(&world, &to).await;
    let guesses = (0..100).map(|_| {
        let (domain, to, guess) = (world.domain.clone(), to.clone(), another(&code));
        testkit::spawn(async move { domain.sign_ins().by_code(&to, guess).await.unwrap_err().code() })
    });
    for one in futures::future::join_all(guesses).await {
        assert_eq!(one.unwrap(), "invalid-code");
    }
    assert_eq!(world.database.count("SELECT CAST(tries AS BIGINT) FROM otp_codes").await, 3);
    assert!(world.domain.sign_ins().by_code(&to, &code).await.is_err(), "it is burnt");
    world.finish().await;
}

async fn of_a_hundred_who_bring_one_code_one_gets_in(world: World) {
    let to = email("ann@mail.example");
    let code = sent(&world, &to).await;
    let all = (0..100).map(|_| {
        let (domain, to, code) = (world.domain.clone(), to.clone(), code.clone());
        testkit::spawn(async move { domain.sign_ins().by_code(&to, &code).await })
    });
    let mut admitted = 0;
    for one in futures::future::join_all(all).await {
        match one.unwrap() {
            Ok(_) => admitted += 1,
            Err(refused) => assert!(matches!(refused, SignInError::Code), "{refused:?}"),
        }
    }
    assert_eq!(admitted, 1);
    assert_eq!(world.database.count("SELECT count(*) FROM users").await, 1);
    assert_eq!(world.database.count("SELECT count(*) FROM refresh_tokens").await, 1);
    world.finish().await;
}

async fn a_code_ends_with_its_time_and_with_the_next_one(world: World) {
    let to = email("ann@mail.example");
    let in_time = sent(&world, &to).await;
    world.clock.advance(Duration::from_secs(599));
    assert!(world.domain.sign_ins().by_code(&to, &in_time).await.is_ok());
    let late = sent(&world, &to).await;
    world.clock.advance(Duration::from_mins(10));
    assert_eq!(world.domain.sign_ins().by_code(&to, &late).await.unwrap_err().code(), "invalid-code");
    let (old, new) = (sent(&world, &to).await, sent(&world, &to).await);
    if old != new {
        assert_eq!(world.domain.sign_ins().by_code(&to, &old).await.unwrap_err().code(), "invalid-code");
    }
    assert!(world.domain.sign_ins().by_code(&to, &new).await.is_ok());
    world.finish().await;
}

/// Nobody looks whether there is such a user before the code has come back, so there is nothing to be told apart by time either.
async fn asking_is_the_same_for_whoever_is_known_unknown_or_suspended(world: World) {
    let (known, unknown, suspended) = (email("ann@mail.example"), email("ben@mail.example"), email("eve@mail.example"));
    for to in [&known, &suspended] {
        let code = sent(&world, to).await;
        world.domain.sign_ins().by_code(to, &code).await.unwrap();
    }
    world.database.execute("UPDATE users SET state = 'suspended' WHERE email = 'eve@mail.example'").await;
    let mails = world.mailer.taken().len();
    for to in [&known, &unknown, &suspended] {
        assert_eq!(world.domain.sign_ins().send_code(to).await.unwrap(), Duration::from_mins(10));
        let refused = world.domain.sign_ins().by_code(to, "wrong!").await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            world.domain.sign_ins().by_code(&email("fay@mail.example"), "wrong!").await.unwrap_err().to_string()
        );
    }
    assert_eq!(world.database.count("SELECT count(*) FROM otp_codes WHERE tries = 1").await, 3);
    world.run_jobs().await;
    assert_eq!(world.mailer.taken().len(), mails + 3);
    let code = sent(&world, &suspended).await;
    let refused = world.domain.sign_ins().by_code(&suspended, &code).await.unwrap_err();
    assert!(matches!(refused, SignInError::Account(AccountError::Suspended { .. })), "only whoever reads the mailbox is told: {refused:?}");
    world.finish().await;
}

async fn a_mailbox_gets_five_codes_an_hour(world: World) {
    for n in 0..5 {
        world.domain.sign_ins().send_code(&email(if n % 2 == 0 { "ann@mail.example" } else { "Ann+shop@mail.example" })).await.unwrap();
    }
    for again in ["ann@mail.example", "ann+other@mail.example"] {
        let refused = world.domain.sign_ins().send_code(&email(again)).await.unwrap_err();
        assert_eq!((refused.code(), refused.limit().unwrap().retry_after.as_secs() / 60), ("limited", 11));
    }
    assert!(world.domain.sign_ins().send_code(&email("ben@mail.example")).await.is_ok());
    world.run_jobs().await;
    assert_eq!(world.mailer.taken().len(), 6);
    world.finish().await;
}

async fn a_code_is_nowhere_but_in_its_mail(world: World) {
    let to = email("ann@mail.example");
    world.domain.sign_ins().send_code(&to).await.unwrap();
    let queued = "SELECT count(*) FROM mails WHERE content LIKE 'tk:mail:v1:%' AND letter = 'sign_in_code'";
    assert_eq!(world.database.count(queued).await, 1, "sealed while it waits");
    world.run_jobs().await;
    let mail = world.mailer.taken().pop().unwrap();
    let code = mail.text.split_whitespace().find(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit())).unwrap().to_owned();
    assert!(!format!("{mail:?}").contains(&code));
    let holds = async |table: &str, column: &str| {
        world.database.count(&format!("SELECT count(*) FROM {table} WHERE {column} LIKE '%{code}%'")).await
    };
    for (table, column) in [("jobs", "CAST(payload AS TEXT)"), ("jobs", "CAST(result AS TEXT)"), ("otp_codes", "tag"), ("mails", "content")]
    {
        assert_eq!(holds(table, column).await, 0, "{table}.{column}");
    }
    // Whoever has the rows and not the secret could try a million codes; the tag is of no use to them.
    assert_eq!(world.database.count("SELECT count(*) FROM otp_codes WHERE tag LIKE 'v1:%' AND length(tag) = 67").await, 1);
    assert!(world.domain.sign_ins().by_code(&to, &code).await.is_ok());
    world.database.execute(&format!("UPDATE jobs SET result = '{{\"said\":\"It is {code}.\"}}'")).await;
    assert_eq!(holds("jobs", "CAST(result AS TEXT)").await, 1, "whoever looks for it so finds it where it is");
    world.finish().await;
}

async fn a_code_adds_a_mailbox_to_somebody_and_takes_none_away(world: World) {
    let (to, ann, ben) = (email("ann@mail.example"), world.operator().await, world.operator().await);
    let code = sent(&world, &to).await;
    let wrong = world.domain.sign_ins().add_email(&ann, &to, another(&code), None).await.unwrap_err();
    assert_eq!(wrong.code(), "invalid-code");
    assert_eq!(world.database.count("SELECT CAST(tries AS BIGINT) FROM otp_codes").await, 1, "it stays counted");
    let added = world.domain.sign_ins().add_email(&ann, &to, &code, None).await.unwrap();
    assert_eq!((added.kind, added.subject.as_str(), added.user_id), (IdentityKind::Email, "ann@mail.example", ann.user_id));
    assert_eq!(world.domain.sign_ins().by_code(&to, &sent(&world, &to).await).await.unwrap().user.id, ann.user_id);
    let taken = world.domain.sign_ins().add_email(&ben, &to, &sent(&world, &to).await, None).await.unwrap_err();
    assert_eq!(taken.code(), "identity-taken");
    world.finish().await;
}

/// Whoever got no answer asks again while the first request is still being carried out.
async fn a_code_that_is_brought_twice_under_one_key_is_answered_twice(world: World) {
    let (to, ann) = (email("ann@mail.example"), world.operator().await);
    let code = sent(&world, &to).await;
    let claim = Claim::new(&ann, "POST", "/v1/users/me/identities/email", "k", &json!({ "email": to.to_string(), "code": code }));
    let asked = (0..5).map(|_| {
        let (domain, to, code, claim) = (world.domain.clone(), to.clone(), code.clone(), claim.clone());
        testkit::spawn(async move { domain.sign_ins().add_email(&ann, &to, &code, Some(&claim)).await })
    });
    let mut answers = Vec::new();
    for answer in futures::future::join_all(asked).await {
        answers.push(answer.unwrap().unwrap().id);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    world.finish().await;
}

async fn a_wrong_code_leaves_the_key_free(world: World) {
    let (to, ann) = (email("ann@mail.example"), world.operator().await);
    let code = sent(&world, &to).await;
    let try_code = async |code: &str| {
        let claim = Claim::new(&ann, "POST", "/v1/users/me/identities/email", "k", &json!({ "code": code }));
        world.domain.sign_ins().add_email(&ann, &to, code, Some(&claim)).await
    };
    for _ in 0..2 {
        assert_eq!(try_code(another(&code)).await.unwrap_err().code(), "invalid-code");
    }
    assert_eq!(world.database.count("SELECT CAST(tries AS BIGINT) FROM otp_codes").await, 2, "each try counts");
    assert!(try_code(&code).await.is_ok(), "a refused request is none that was carried out");
    world.finish().await;
}

async fn a_code_is_still_good_when_the_database_has_failed(world: World) {
    let (to, ann) = (email("ann@mail.example"), world.operator().await);
    let code = sent(&world, &to).await;
    let bring = async || world.domain.sign_ins().add_email(&ann, &to, &code, None).await;
    // The identity is written before its user's row, which then cannot be.
    world.database.execute("ALTER TABLE users RENAME COLUMN email TO email_elsewhere").await;
    assert_eq!(bring().await.unwrap_err().code(), "internal");
    // Reading it first: a connection of SQLite that has not seen the change yet looks again for what it misses in a SELECT only.
    world.database.execute("SELECT email_elsewhere FROM users; ALTER TABLE users RENAME COLUMN email_elsewhere TO email").await;
    assert_eq!(world.database.count("SELECT count(*) FROM user_identities WHERE kind = 'email'").await, 0, "half of it is nothing");
    bring().await.unwrap();
    assert_eq!(world.database.count("SELECT count(*) FROM users WHERE email = 'ann@mail.example'").await, 1);
    world.finish().await;
}

async fn codes_that_nobody_brought_back_are_forgotten(world: World) {
    sent(&world, &email("ann@mail.example")).await;
    world.clock.advance(Duration::from_hours(25));
    sent(&world, &email("ben@mail.example")).await;
    assert_eq!(sign_in::prune(&world.domain, 10).await.unwrap(), 1);
    assert_eq!(world.database.count("SELECT count(*) FROM otp_codes WHERE email = 'ben@mail.example'").await, 1);
    world.finish().await;
}

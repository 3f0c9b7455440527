//! Signing in with Google.

mod provider;

use std::sync::Arc;
use std::time::Duration;

use domain::accounts::IdentityKind;
use domain::entities::EmailAddress;
use domain::sign_in::{self, GoogleLogin, SignInError, SignedIn};
use domain::{Domain, Fault as _, Ports};
use platform::{Clock as _, SystemRng};
use provider::{ISSUER, Key, Provider, Said};
use serde_json::{Value, json};
use testkit::World;

crate::on_every_engine!(
    a_google_account_signs_in_and_is_the_same_user_ever_after,
    a_token_signs_in_once,
    of_many_who_bring_one_token_one_gets_in,
    many_first_sign_ins_of_one_account_make_one_user,
    a_mailbox_that_is_proved_in_two_ways_at_once_makes_one_user,
    every_claim_counts,
    the_algorithm_is_the_keys_and_never_the_tokens,
    keys_change_and_made_up_names_make_nobody_ask_again_and_again,
    a_short_outage_is_not_noticed_and_a_long_one_is_said,
    a_provider_that_says_nonsense_is_no_provider,
    an_account_joins_whoever_has_proved_the_mailbox_that_google_keeps,
    an_address_that_google_does_not_keep_joins_nobody,
    an_account_is_added_to_somebody_and_taken_from_nobody,
    tokens_that_were_used_are_forgotten_when_they_are_over,
);

const CLIENT: &str = "123.apps.example";

/// The installation with this provider in place of Google.
fn with(world: &World, provider: &Provider) -> Domain {
    let google_client_ids = vec![CLIENT.into(), "456.apps.example".into()];
    let sign_in = sign_in::Settings { google_client_ids, google_issuer: ISSUER.into(), ..sign_in::Settings::default() };
    let settings = domain::Settings { sign_in, ..domain::Settings::default() };
    let ports = Ports { http_out: Some(Arc::new(provider.clone())), ..world.domain.ports().clone() };
    let (queue, clock) = (world.domain.queue().clone(), Arc::clone(&world.clock) as Arc<_>);
    Domain::new(world.database.db.clone(), queue, clock, Arc::new(SystemRng), settings, ports)
}

/// What Google says of Ann.
fn ann(world: &World) -> Value {
    let now = world.clock.now().timestamp();
    json!({ "iss": ISSUER, "aud": CLIENT, "sub": "1001", "iat": now, "exp": now + 3_600, "email": "Ann@gmail.com", "email_verified": true })
}

fn changed(mut claims: Value, member: &str, value: Value) -> Value {
    claims[member] = value;
    claims
}

fn login(id_token: String) -> GoogleLogin {
    GoogleLogin { id_token, nonce: None }
}

async fn signs_in(domain: &Domain, id_token: String) -> Result<SignedIn, SignInError> {
    domain.sign_ins().by_google(&login(id_token)).await
}

async fn refusal(domain: &Domain, id_token: String) -> &'static str {
    signs_in(domain, id_token).await.unwrap_err().code()
}

async fn a_google_account_signs_in_and_is_the_same_user_ever_after(world: World) {
    let (old, new) = (Key::rs256(2_048), Key::es256(1));
    let domain = with(&world, &Provider::of(&[&old, &new]));
    let first = signs_in(&domain, old.signs(&ann(&world))).await.unwrap();
    assert_eq!((first.user.role.name(), first.user.email.as_deref()), ("operator", Some("ann@gmail.com")));
    let again = signs_in(&domain, new.signs(&changed(ann(&world), "email", json!("ann.new@gmail.com")))).await.unwrap();
    assert_eq!(first.user.id, again.user.id, "the account counts, whatever its address is now");
    let kinds: Vec<_> = domain.accounts().identities(&first.caller()).await.unwrap().into_iter().map(|it| it.kind).collect();
    assert!(kinds.contains(&IdentityKind::Google) && kinds.contains(&IdentityKind::Email), "{kinds:?}");
    assert_eq!(world.database.count("SELECT count(*) FROM sign_ins WHERE method = 'google'").await, 2);
    let nobody_offers = world.domain.sign_ins().by_google(&login(new.signs(&ann(&world)))).await.unwrap_err();
    assert_eq!(nobody_offers.code(), "not-found", "without client ids there is no such way in");
    world.finish().await;
}

async fn a_token_signs_in_once(world: World) {
    let key = Key::es256(1);
    let domain = with(&world, &Provider::of(&[&key]));
    let token = key.signs(&ann(&world));
    assert!(signs_in(&domain, token.clone()).await.is_ok());
    assert_eq!(refusal(&domain, token.clone()).await, "invalid-id-token");
    // Whoever has seen an ES256 signature can write another one for the same text: (r, n - s).
    let (signed, signature) = token.rsplit_once('.').unwrap();
    assert_eq!(refusal(&domain, format!("{signed}.{}", provider::other_spelling(signature))).await, "invalid-id-token");
    world.finish().await;
}

async fn of_many_who_bring_one_token_one_gets_in(world: World) {
    let key = Key::es256(1);
    let domain = with(&world, &Provider::of(&[&key]));
    let token = key.signs(&ann(&world));
    let all = (0..50).map(|_| {
        let (domain, token) = (domain.clone(), token.clone());
        testkit::spawn(async move { signs_in(&domain, token).await.is_ok() })
    });
    let admitted = futures::future::join_all(all).await.into_iter().filter(|one| *one.as_ref().unwrap()).count();
    assert_eq!((admitted, world.database.count("SELECT count(*) FROM users").await), (1, 1));
    world.finish().await;
}

async fn many_first_sign_ins_of_one_account_make_one_user(world: World) {
    let key = Key::es256(1);
    let provider = Provider::of(&[&key]);
    let domain = with(&world, &provider);
    let all = (0..16).map(|n| {
        let (domain, token) = (domain.clone(), key.signs(&changed(ann(&world), "jti", json!(n))));
        testkit::spawn(async move { signs_in(&domain, token).await.unwrap().user.id })
    });
    let mut users: Vec<_> = futures::future::join_all(all).await.into_iter().map(Result::unwrap).collect();
    users.dedup();
    assert_eq!((users.len(), world.database.count("SELECT count(*) FROM users").await), (1, 1));
    assert_eq!(provider.said().asked, 1, "who comes while the keys are asked for waits for the answer");
    world.finish().await;
}

async fn a_mailbox_that_is_proved_in_two_ways_at_once_makes_one_user(world: World) {
    let key = Key::es256(1);
    let domain = with(&world, &Provider::of(&[&key]));
    for number in 0..16 {
        let mailbox: EmailAddress = format!("ann{number}@gmail.com").parse().unwrap();
        domain.sign_ins().send_code(&mailbox).await.unwrap();
        world.run_jobs().await;
        let mail = world.mailer.taken().pop().unwrap();
        let code =
            mail.text.split_whitespace().find(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit())).unwrap().to_owned();
        let claims = changed(changed(ann(&world), "sub", json!(format!("1{number:03}"))), "email", json!(mailbox.to_string()));
        let (by_code, by_google) = (domain.clone(), (domain.clone(), key.signs(&claims)));
        let by_code = testkit::spawn(async move { by_code.sign_ins().by_code(&mailbox, &code).await.unwrap().user.id });
        let by_google = testkit::spawn(async move { signs_in(&by_google.0, by_google.1).await.unwrap().user.id });
        let (by_code, by_google) = futures::future::join(by_code, by_google).await;
        assert_eq!(by_code.unwrap(), by_google.unwrap(), "mailbox {number}");
    }
    assert_eq!(world.database.count("SELECT count(*) FROM users").await, 16);
    world.finish().await;
}

async fn every_claim_counts(world: World) {
    let key = Key::es256(1);
    let domain = with(&world, &Provider::of(&[&key]));
    let now = world.clock.now().timestamp();
    for (member, wrong) in [
        ("iss", json!("https://evil.example")),
        ("aud", json!("789.apps.example")),
        ("aud", json!([CLIENT, "789.apps.example"])),
        ("aud", json!([])),
        ("sub", json!("")),
        ("exp", json!(now - 61)),
        ("iat", json!(now + 61)),
        ("nbf", json!(now + 61)),
        ("nonce", json!("of somebody else's page")),
        ("email_verified", json!(false)),
        ("email_verified", Value::Null),
        ("exp", Value::Null),
        ("iat", Value::Null),
    ] {
        assert_eq!(
            refusal(&domain, key.signs(&changed(ann(&world), member, wrong.clone()))).await,
            "invalid-id-token",
            "{member}: {wrong}"
        );
    }
    for (member, right) in [
        ("aud", json!([CLIENT, "456.apps.example"])),
        ("exp", json!(now - 59)),
        ("iat", json!(now + 59)),
        ("email_verified", json!("true")),
        ("azp", json!("another app of ours")),
    ] {
        let signed_in = signs_in(&domain, key.signs(&changed(ann(&world), member, right.clone()))).await;
        assert!(signed_in.is_ok(), "{member}: {right}: {signed_in:?}");
    }
    let asked = |nonce: Option<&str>| GoogleLogin {
        id_token: key.signs(&changed(ann(&world), "nonce", json!("n-1"))),
        nonce: nonce.map(str::to_owned),
    };
    assert_eq!(domain.sign_ins().by_google(&asked(None)).await.unwrap_err().code(), "invalid-id-token");
    assert_eq!(domain.sign_ins().by_google(&asked(Some("n-2"))).await.unwrap_err().code(), "invalid-id-token");
    assert!(domain.sign_ins().by_google(&asked(Some("n-1"))).await.is_ok());
    let without = GoogleLogin { id_token: key.signs(&changed(ann(&world), "jti", json!(2))), nonce: Some("n-1".into()) };
    assert_eq!(domain.sign_ins().by_google(&without).await.unwrap_err().code(), "invalid-id-token");
    world.finish().await;
}

async fn the_algorithm_is_the_keys_and_never_the_tokens(world: World) {
    let (rsa, weak, ec, stranger) = (Key::rs256(2_048), Key::rs256(1_024), Key::es256(1), Key::es256(2));
    let provider = Provider::of(&[&rsa, &weak, &ec]);
    let mut encrypting = Key::es256(3).jwk;
    encrypting["use"] = "enc".into();
    provider.said().keys.extend([encrypting, json!({ "kid": "odd", "kty": "OKP" }), json!("nonsense")]);
    let domain = with(&world, &provider);
    let claims = ann(&world);
    for (what, token) in [
        ("signed by nobody", provider::unsigned(&rsa.kid, &claims)),
        ("our public RSA key as a shared secret", provider::hs256(&rsa.kid, rsa.jwk["n"].as_str().unwrap(), &claims)),
        ("our public EC key as a shared secret", provider::hs256(&ec.kid, ec.jwk["x"].as_str().unwrap(), &claims)),
        ("an RSA signature under the EC key's name", rsa.signs_as(&ec.kid, &claims)),
        ("an EC signature under the RSA key's name", ec.signs_as(&rsa.kid, &claims)),
        ("a stranger under a known name", stranger.signs_as(&ec.kid, &claims)),
        ("a stranger", stranger.signs(&claims)),
        ("1,024 bits", weak.signs(&claims)),
        ("a key for something else", Key::es256(3).signs(&claims)),
        ("no token", "nonsense".into()),
        ("nothing", String::new()),
        ("too long", format!("{}.{}", ec.signs(&claims), "A".repeat(9_000))),
    ] {
        assert_eq!(refusal(&domain, token).await, "invalid-id-token", "{what}");
    }
    assert_eq!(world.database.count("SELECT count(*) FROM users").await, 0);
    assert!(signs_in(&domain, rsa.signs(&claims)).await.is_ok());
    world.finish().await;
}

async fn keys_change_and_made_up_names_make_nobody_ask_again_and_again(world: World) {
    let (old, new) = (Key::es256(1), Key::es256(2));
    let provider = Provider::of(&[&old]);
    let domain = with(&world, &provider);
    let token = |key: &Key, n: u32| key.signs(&changed(ann(&world), "jti", json!(n)));
    for n in 0..3 {
        assert!(signs_in(&domain, token(&old, n)).await.is_ok());
    }
    assert_eq!(provider.said().asked, 1, "the keys are kept");
    provider.said().keys = vec![old.jwk.clone(), new.jwk.clone()];
    assert_eq!(refusal(&domain, token(&new, 3)).await, "invalid-id-token", "asked a moment ago");
    world.clock.advance(Duration::from_mins(1));
    assert!(signs_in(&domain, token(&new, 4)).await.is_ok(), "a new key is found before the old ones are over");
    assert_eq!(provider.said().asked, 2);
    for n in 0..20 {
        assert_eq!(refusal(&domain, old.signs_as(&format!("made-up-{n}"), &ann(&world))).await, "invalid-id-token");
    }
    assert_eq!(provider.said().asked, 2);
    provider.said().keys = vec![new.jwk.clone()];
    world.clock.advance(Duration::from_mins(61));
    assert_eq!(refusal(&domain, token(&old, 5)).await, "invalid-id-token", "taken back");
    assert_eq!(provider.said().asked, 3);
    world.finish().await;
}

async fn a_short_outage_is_not_noticed_and_a_long_one_is_said(world: World) {
    let key = Key::es256(1);
    let provider = Provider::of(&[&key]);
    provider.said().is_away = true;
    let domain = with(&world, &provider);
    let token = |n: u32| key.signs(&changed(ann(&world), "jti", json!(n)));
    for n in 0..10 {
        assert_eq!(refusal(&domain, token(n)).await, "identity-provider-unavailable");
    }
    assert_eq!(provider.said().asked, 1, "a provider that is away is left alone for a moment");
    provider.said().is_away = false;
    world.clock.advance(Duration::from_secs(5));
    assert!(signs_in(&domain, token(10)).await.is_ok());
    provider.said().is_away = true;
    world.clock.advance(Duration::from_mins(119));
    assert!(signs_in(&domain, token(11)).await.is_ok(), "an hour longer than the keys were good");
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(refusal(&domain, token(12)).await, "identity-provider-unavailable");
    provider.said().is_away = false;
    world.clock.advance(Duration::from_secs(5));
    assert!(signs_in(&domain, token(13)).await.is_ok());
    world.finish().await;
}

/// What is wrong with a provider, and how it comes to be.
type Spoilt = (&'static str, fn(&mut Said));

async fn a_provider_that_says_nonsense_is_no_provider(world: World) {
    let key = Key::es256(1);
    let spoilt: [Spoilt; 3] = [
        ("another name", |said| said.issuer = "https://evil.example".into()),
        ("an error", |said| said.status = 500),
        ("a redirect", |said| said.status = 302),
    ];
    for (what, spoil) in spoilt {
        let provider = Provider::of(&[&key]);
        spoil(&mut provider.said());
        assert_eq!(refusal(&with(&world, &provider), key.signs(&ann(&world))).await, "identity-provider-unavailable", "{what}");
    }
    world.finish().await;
}

/// Ann, who came by a code.
async fn by_code(world: &World, email: &str) -> SignedIn {
    let email = email.parse().unwrap();
    world.domain.sign_ins().send_code(&email).await.unwrap();
    world.run_jobs().await;
    let text = world.mailer.taken().pop().unwrap().text;
    let code = text.split_whitespace().find(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit())).unwrap();
    world.domain.sign_ins().by_code(&email, code).await.unwrap()
}

async fn an_account_joins_whoever_has_proved_the_mailbox_that_google_keeps(world: World) {
    let key = Key::es256(1);
    let domain = with(&world, &Provider::of(&[&key]));
    let known = by_code(&world, "ann@gmail.com").await;
    let joined = signs_in(&domain, key.signs(&ann(&world))).await.unwrap();
    assert_eq!(joined.user.id, known.user.id);
    let hosted = by_code(&world, "ben@company.example").await;
    let ben =
        changed(changed(changed(ann(&world), "sub", json!("1002")), "email", json!("ben@company.example")), "hd", json!("company.example"));
    assert_eq!(signs_in(&domain, key.signs(&ben)).await.unwrap().user.id, hosted.user.id);
    let second = signs_in(&domain, key.signs(&changed(ann(&world), "sub", json!("1003")))).await.unwrap();
    assert_ne!(second.user.id, known.user.id, "she has a Google account already; another one is somebody else");
    assert_eq!(second.user.email, None, "the mailbox stays hers");
    let fay = changed(changed(ann(&world), "sub", json!("1004")), "email", json!("fay@gmail.com"));
    let first = signs_in(&domain, key.signs(&fay)).await.unwrap();
    assert_eq!(by_code(&world, "fay@gmail.com").await.user.id, first.user.id, "and the other way round");
    by_code(&world, "eve@gmail.com").await;
    world.database.execute("UPDATE users SET state = 'suspended' WHERE email = 'eve@gmail.com'").await;
    let eve = changed(changed(ann(&world), "sub", json!("1005")), "email", json!("eve@gmail.com"));
    assert_eq!(refusal(&domain, key.signs(&eve)).await, "account-suspended");
    assert_eq!(world.database.count("SELECT count(*) FROM user_identities WHERE subject = '1005'").await, 0);
    world.finish().await;
}

async fn an_address_that_google_does_not_keep_joins_nobody(world: World) {
    let key = Key::es256(1);
    let domain = with(&world, &Provider::of(&[&key]));
    let known = by_code(&world, "ann@mail.example").await;
    let stranger = changed(ann(&world), "email", json!("ann@mail.example"));
    let other = signs_in(&domain, key.signs(&stranger)).await.unwrap();
    assert_ne!(other.user.id, known.user.id);
    assert_eq!(other.user.email, None, "a mere word proves no mailbox");
    let elsewhere = changed(changed(stranger, "hd", json!("company.example")), "sub", json!("1002"));
    assert_ne!(signs_in(&domain, key.signs(&elsewhere)).await.unwrap().user.id, known.user.id, "hosted, but not this address");
    world.finish().await;
}

async fn an_account_is_added_to_somebody_and_taken_from_nobody(world: World) {
    let key = Key::es256(1);
    let domain = with(&world, &Provider::of(&[&key]));
    let (carl, dora) = (world.operator().await, world.operator().await);
    let token = |n: u32| login(key.signs(&changed(ann(&world), "jti", json!(n))));
    let added = domain.sign_ins().add_google(&carl, &token(1), None).await.unwrap();
    assert_eq!((added.kind, added.subject.as_str(), added.email.as_deref()), (IdentityKind::Google, "1001", Some("Ann@gmail.com")));
    assert_eq!(domain.sign_ins().by_google(&token(2)).await.unwrap().user.id, carl.user_id);
    assert_eq!(domain.sign_ins().add_google(&dora, &token(3), None).await.unwrap_err().code(), "identity-taken");
    assert_eq!(domain.sign_ins().add_google(&dora, &token(1), None).await.unwrap_err().code(), "invalid-id-token", "used before");
    world.finish().await;
}

async fn tokens_that_were_used_are_forgotten_when_they_are_over(world: World) {
    let key = Key::es256(1);
    let domain = with(&world, &Provider::of(&[&key]));
    signs_in(&domain, key.signs(&ann(&world))).await.unwrap();
    assert_eq!(sign_in::prune(&domain, 10).await.unwrap(), 0);
    world.clock.advance(Duration::from_hours(26));
    assert_eq!(sign_in::prune(&domain, 10).await.unwrap(), 1);
    assert_eq!(world.database.count("SELECT count(*) FROM spent_id_tokens").await, 0);
    world.finish().await;
}

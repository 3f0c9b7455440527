//! In and out through the front door: wallets, refresh tokens, browsers, roles.

use domain::accounts::Role;
use poem::http::Method;
use serde_json::{Value, json};
use testkit::TestWallet;

use crate::house::{Answer, House};

async fn post(house: &House, path: &str, body: &Value) -> Answer {
    Answer::of(house.client.post(path).body_json(body).send().await).await
}

async fn signed(house: &House, wallet: &TestWallet) -> Value {
    let address = wallet.address().to_string();
    let challenge = post(house, "/v1/auth/challenge", &json!({ "address": address })).await;
    assert_eq!((challenge.status, challenge.text("chain_id"), challenge.text("domain")), (200, "localnet", "127.0.0.1:8080"));
    let message = challenge.text("message");
    json!({ "address": address, "message": message, "signature": wallet.signature(message.as_bytes()) })
}

async fn with_token(house: &House, method: Method, path: &str, token: &str) -> Answer {
    Answer::of(house.client.request(method, path).header("Authorization", format!("Bearer {token}")).send().await).await
}

#[tokio::test]
async fn a_wallet_comes_in_stays_and_goes() {
    let house = House::open().await;
    let wallet = TestWallet::new(1);
    for path in ["/v1/auth/login/wallet", "/v1/users/auth"] {
        let session = post(&house, path, &signed(&house, &wallet).await).await;
        assert_eq!((session.status, session.text("access_token")), (200, session.text("token")));
        assert_eq!((&session.body["expires_in"], &session.body["user"]["role"]), (&900.into(), &"operator".into()));
        assert_eq!(session.body["user"]["wallet_address"], wallet.address().to_string());
        let next = post(&house, "/v1/auth/refresh", &json!({ "refresh_token": session.text("refresh_token") })).await;
        assert_eq!(next.status, 200);
        let token = next.text("access_token");
        let me = with_token(&house, Method::GET, "/v1/users/me", token).await;
        assert_eq!((me.status, &me.body["id"]), (200, &session.body["user"]["id"]));
        assert_eq!(with_token(&house, Method::POST, "/v1/auth/logout", token).await.status, 204);
        let out = with_token(&house, Method::GET, "/v1/users/me", token).await;
        assert_eq!((out.status, out.problem()), (401, "invalid-token"));
        let over = post(&house, "/v1/auth/refresh", &json!({ "refresh_token": next.text("refresh_token") })).await;
        assert_eq!((over.status, over.problem()), (401, "invalid-refresh-token"));
    }
    house.close().await;
}

#[tokio::test]
async fn a_token_from_the_shell_belongs_to_no_sign_in_and_nobody_is_told_that_it_was_closed() {
    let house = House::open().await;
    let guest = house.guest(Role::Operator).await;
    for (method, path) in
        [(Method::POST, "/v1/auth/logout"), (Method::POST, "/v1/auth/browser-session"), (Method::DELETE, "/v1/auth/browser-session")]
    {
        let refused = with_token(&house, method, path, &guest.token).await;
        assert_eq!((refused.status, refused.problem()), (409, "refused"), "{path}");
        assert!(refused.text("detail").contains("belongs to no sign-in"), "{refused:?}");
    }
    assert_eq!(house.get(&guest, "/v1/users/me").await.status, 200, "it ends with its time");
    house.close().await;
}

#[tokio::test]
async fn whatever_is_wrong_with_an_answer_is_a_401_with_its_name() {
    let house = House::open().await;
    let good = signed(&house, &TestWallet::new(1)).await;
    let with = |field: &str, value: &str| {
        let mut body = good.clone();
        body[field] = value.into();
        body
    };
    let mut bytes = with("signed_message", "AAAA");
    bytes.as_object_mut().unwrap().remove("message");
    for (body, problem) in [
        (with("message", "hello"), "invalid-sign-in-message"),
        (with("message", "\r\n"), "invalid-sign-in-message"),
        (with("message", "\0"), "invalid-sign-in-message"),
        (with("signed_message", "\0"), "invalid-sign-in-message"),
        (with("signature", "\0"), "invalid-signature"),
        (with("signed_message", "not base64"), "invalid-sign-in-message"),
        (bytes, "invalid-sign-in-message"),
        (with("signature", ""), "invalid-signature"),
        (with("signature", "!!"), "invalid-signature"),
        (with("signature", &"1".repeat(64)), "invalid-signature"),
    ] {
        let refused = post(&house, "/v1/auth/login/wallet", &body).await;
        assert_eq!((refused.status, refused.problem()), (401, problem), "{body}");
    }
    let nul = post(&house, "/v1/auth/login/wallet", &with("address", "\0")).await;
    assert_eq!((nul.status, nul.problem(), nul.pointers()), (400, "validation-failed", vec!["/address"]), "nothing else may hold a NUL");
    let mut nothing = good.clone();
    nothing.as_object_mut().unwrap().remove("message");
    let refused = post(&house, "/v1/auth/login/wallet", &nothing).await;
    assert_eq!((refused.status, refused.pointers()), (400, vec!["/message"]));
    assert_eq!(post(&house, "/v1/auth/login/wallet", &good).await.status, 200);
    assert_eq!(post(&house, "/v1/auth/login/wallet", &good).await.problem(), "invalid-nonce");
    house.close().await;
}

#[tokio::test]
async fn a_browser_keeps_a_cookie_that_no_other_site_can_use() {
    let house = House::open().await;
    let secret = house.world.domain.accounts().bootstrap().await.unwrap().unwrap().secret;
    let opened = post(&house, "/v1/auth/browser-session/link", &json!({ "secret": secret })).await;
    assert_eq!(opened.status, 200);
    let set = opened.header("set-cookie");
    assert!(["HttpOnly", "SameSite=Strict", "Path=/"].iter().all(|part| set.contains(part)) && !set.contains("Secure"), "{set}");
    let (cookie, csrf) = (set.split(';').next().unwrap(), opened.text("csrf_token"));
    let ask = |method: Method, path: &str, csrf: &str| {
        let request = house.client.request(method, path).header("Cookie", cookie);
        if csrf.is_empty() { request } else { request.header("X-CSRF-Token", csrf) }.send()
    };
    let again = Answer::of(ask(Method::GET, "/v1/auth/browser-session", "").await).await;
    assert_eq!((again.status, again.text("csrf_token")), (200, csrf));
    assert_eq!(Answer::of(ask(Method::GET, "/v1/ops/jobs", "").await).await.status, 200);
    for forged in ["", "0", &"0".repeat(64)] {
        let refused = Answer::of(ask(Method::POST, "/v1/auth/logout-everywhere", forged).await).await;
        assert_eq!((refused.status, refused.problem()), (403, "csrf-token-required"), "{forged}");
    }
    let bearer = house.client.get("/v1/users/me").header("Cookie", cookie).header("Authorization", "Bearer nonsense").send().await;
    assert_eq!(Answer::of(bearer).await.problem(), "invalid-token", "the bearer token counts");
    let closed = Answer::of(ask(Method::DELETE, "/v1/auth/browser-session", csrf).await).await;
    assert!(closed.status == 204 && closed.header("set-cookie").contains("Max-Age=0"), "{closed:?}");
    assert_eq!(Answer::of(ask(Method::GET, "/v1/auth/browser-session", "").await).await.status, 401);
    house.close().await;
}

#[tokio::test]
async fn only_an_architect_suspends_and_grants() {
    let house = House::open().await;
    let (architect, operator) = (house.guest(Role::Architect).await, house.guest(Role::Operator).await);
    let path = |what: &str| format!("/v1/ops/users/{}/{what}", operator.caller.user_id);
    assert_eq!(house.post(&operator, &path("suspend"), &json!({})).await.status, 403);
    let granted = house.post(&architect, &path("role"), &json!({ "role": "observer" })).await;
    assert_eq!((granted.status, granted.text("role")), (200, "observer"));
    assert_eq!(house.get(&operator, "/v1/users/me").await.text("role"), "observer");
    assert_eq!(house.post(&architect, &path("suspend"), &json!({})).await.text("state"), "suspended");
    assert_eq!(house.get(&operator, "/v1/users/me").await.problem(), "invalid-token");
    assert_eq!(house.post(&architect, &path("resume"), &json!({})).await.text("state"), "active");
    assert_eq!(house.get(&operator, "/v1/users/me").await.status, 200);
    house.close().await;
}

#[tokio::test]
async fn a_user_says_who_they_are_and_adds_and_parts_with_a_wallet() {
    let house = House::open().await;
    let (guest, wallet) = (house.guest(Role::Operator).await, TestWallet::new(1));
    let put = |body: Value| guest.knock(house.client.put("/v1/users/me").body_json(&body));
    let changed = put(json!({ "name": "Ann", "mail_preferences": { "news": true } })).await;
    assert_eq!((changed.text("name"), &changed.body["mail_preferences"]["news"]), ("Ann", &true.into()));
    assert_eq!(put(json!({ "name": " " })).await.pointers(), ["/name"]);
    let body = signed(&house, &wallet).await;
    let added = house.post_as(&guest, "k", "/v1/users/me/identities/wallet", &body).await;
    assert_eq!((added.status, added.text("kind")), (200, "wallet"));
    let again = house.post_as(&guest, "k", "/v1/users/me/identities/wallet", &body).await;
    assert_eq!(again.text("id"), added.text("id"), "once under its key");
    let other = house.guest(Role::Operator).await;
    let taken = house.post(&other, "/v1/users/me/identities/wallet", &signed(&house, &wallet).await).await;
    assert_eq!((taken.status, taken.problem()), (409, "identity-taken"));
    let last = house.delete(&guest, &format!("/v1/users/me/identities/{}", added.text("id"))).await;
    assert_eq!((last.status, last.problem()), (409, "refused"));
    let session = post(&house, "/v1/auth/login/wallet", &signed(&house, &wallet).await).await;
    assert_eq!(session.body["user"]["id"], guest.caller.user_id.to_string());
    house.close().await;
}

/// A NUL anywhere in what was signed is what any other mangled message is.
#[tokio::test]
async fn a_nul_at_any_place_of_a_message_is_a_mangled_message() {
    let house = House::limited(domain::limits::Settings::off()).await;
    let good = signed(&house, &TestWallet::new(1)).await;
    let message = good["message"].as_str().unwrap();
    for at in 0..=message.len() {
        let mut body = good.clone();
        body["message"] = format!("{}\0{}", &message[..at], &message[at..]).into();
        let refused = post(&house, "/v1/auth/login/wallet", &body).await;
        assert_eq!((refused.status, refused.problem()), (401, "invalid-sign-in-message"), "at {at}");
    }
    assert_eq!(post(&house, "/v1/auth/login/wallet", &good).await.status, 200, "nothing of it was counted against the challenge");
    house.close().await;
}

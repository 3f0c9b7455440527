//! Devices at the door: the pairing, and requests that a key has signed.

use std::time::Duration;

use api::signature::{SignedHeaders, sign};
use domain::accounts::Role;
use domain::limits::{Per, Rate, Settings};
use ed25519_dalek::SigningKey;
use serde_json::json;
use testkit::TestWallet;

use crate::house::{Answer, Guest, House};

/// Whom devices sign for: the host of `PUBLIC_URL`.
const AUTHORITY: &str = "127.0.0.1:8080";

/// The key of a device, and what the house calls it.
struct Device {
    key: SigningKey,
    wallet: TestWallet,
    id: String,
}

impl Device {
    fn new(number: u8) -> Self {
        Self { key: SigningKey::from_bytes(&[number; 32]), wallet: TestWallet::new(number), id: String::new() }
    }

    async fn linked(house: &House, owner: &Guest) -> Self {
        let device = Self::new(7);
        let pairing = device.start(house).await;
        let path = format!("/v1/link/{}/approve", pairing.text("user_code"));
        assert_eq!(house.post(owner, &path, &json!({})).await.status, 200);
        let link = device.poll(house, &pairing).await;
        assert_eq!(link.status, 200, "{link:?}");
        Self { id: link.text("id").to_owned(), ..device }
    }

    async fn start(&self, house: &House) -> Answer {
        let body = json!({ "type": "agent", "name": "Scout", "public_key": self.wallet.address().to_string() });
        Answer::of(house.client.post("/v1/link").body_json(&body).send().await).await
    }

    async fn poll(&self, house: &House, pairing: &Answer) -> Answer {
        house.world.clock.advance(Duration::from_secs(5));
        let code = pairing.text("device_code");
        let proof = self.wallet.signature(format!("tallyman device link\n{AUTHORITY}\n{code}").as_bytes());
        let body = json!({ "device_code": code, "proof": proof });
        Answer::of(house.client.post("/v1/link/token").body_json(&body).send().await).await
    }

    fn signs(&self, house: &House, (method, uri): (&str, &str), body: &str, nonce: &str) -> SignedHeaders {
        let now = house.world.domain.now().micros() / 1_000_000;
        sign(&self.key, self.id.parse().unwrap(), (method, AUTHORITY, uri), body.as_bytes(), (now, nonce))
    }
}

/// A house where a caller may knock twice in a minute.
async fn house_of_two() -> House {
    House::limited(Settings { caller: Rate::of(2, 60, Per::User), ..Settings::default() }).await
}

async fn send(house: &House, (method, uri): (&str, &str), body: &str, headers: &SignedHeaders) -> Answer {
    let mut request = house.client.request(method.parse().unwrap(), uri).header("Host", AUTHORITY);
    request = request.header("Signature-Input", &headers.signature_input).header("Signature", &headers.signature);
    if let Some(digest) = &headers.content_digest {
        request = request.header("Content-Digest", digest);
    }
    if !body.is_empty() {
        request = request.content_type("application/json").body(body.to_owned());
    }
    Answer::of(request.send().await).await
}

#[tokio::test]
async fn a_device_asks_until_somebody_says_yes() {
    let house = House::open().await;
    let ann = house.guest(Role::Operator).await;
    let device = Device::new(7);
    let pairing = device.start(&house).await;
    assert_eq!((pairing.status, &pairing.body["expires_in"], &pairing.body["interval"]), (200, &json!(600), &json!(5)));
    let code = pairing.text("user_code").to_owned();
    assert!(pairing.text("verification_uri_complete").ends_with(&format!("/link?code={code}")));
    let pending = device.poll(&house, &pairing).await;
    assert_eq!((pending.status, pending.problem(), pending.text("error")), (400, "authorization-pending", "authorization_pending"));
    let waiting = house.get(&ann, &format!("/v1/link/{}", code.to_lowercase())).await;
    assert_eq!((waiting.status, waiting.text("name"), waiting.text("type")), (200, "Scout", "agent"));
    assert_eq!(house.get(&ann, "/v1/link/WDJB-MJH1").await.status, 404);
    let another = json!({ "link_id": "lnk_01980000000070008000000000000001" });
    let not_shown = house.post(&ann, &format!("/v1/link/{code}/approve"), &another).await;
    assert_eq!((not_shown.status, not_shown.problem()), (404, "not-found"), "not the device that was looked at");
    let program = house.program(&ann, &["write"]).await;
    assert_eq!(house.post(&program, &format!("/v1/link/{code}/approve"), &json!({})).await.problem(), "forbidden");
    let profile = json!({ "link_id": waiting.text("id"), "profile": { "name": "Scout II" } });
    assert_eq!(house.post(&ann, &format!("/v1/link/{code}/approve"), &profile).await.text("state"), "approved");
    let link = device.poll(&house, &pairing).await;
    assert_eq!((link.status, link.text("name"), link.text("state")), (200, "Scout II", "linked"));
    assert_eq!(house.get(&ann, "/v1/links").await.column("links", "id"), [link.text("id")]);
    assert_eq!(house.delete(&ann, &format!("/v1/links/{}", link.text("id"))).await.status, 204);
    assert!(house.get(&ann, "/v1/links").await.column("links", "id").is_empty());
    let denied = device.start(&house).await;
    assert_eq!(house.post(&ann, &format!("/v1/link/{}/deny", denied.text("user_code")), &json!({})).await.status, 204);
    let answer = device.poll(&house, &denied).await;
    assert_eq!((answer.status, answer.text("error")), (400, "access_denied"));
    house.close().await;
}

#[tokio::test]
async fn nobody_tries_many_codes() {
    let house = House::open().await;
    let ann = house.guest(Role::Operator).await;
    for _ in 0..20 {
        assert_eq!(house.get(&ann, "/v1/link/WDJB-MJHT").await.status, 404);
    }
    assert_eq!(house.get(&ann, "/v1/link/WDJB-MJHT").await.problem(), "limited");
    house.close().await;
}

#[tokio::test]
async fn what_a_device_signs_counts_as_its_users() {
    let house = House::open().await;
    let ann = house.guest(Role::Operator).await;
    let device = Device::linked(&house, &ann).await;
    let listed = ("GET", "/v1/users/me/entitlements?page_size=1");
    assert_eq!(send(&house, listed, "", &device.signs(&house, listed, "", "a nonce, number nil")).await.status, 200, "with a query");
    let me = ("GET", "/v1/users/me");
    let answer = send(&house, me, "", &device.signs(&house, me, "", "a nonce, number one")).await;
    assert_eq!((answer.status, answer.text("id")), (200, ann.caller.user_id.to_string().as_str()), "{answer:?}");
    let current = ("GET", "/v1/links/current");
    assert_eq!(send(&house, current, "", &device.signs(&house, current, "", "a nonce, number two")).await.text("id"), device.id);
    let (run, body) = (("POST", "/v1/executions"), json!({ "agent_id": "agt_01980000000070008000000000000001", "input": {} }).to_string());
    let answer = send(&house, run, &body, &device.signs(&house, run, &body, "a nonce, number three")).await;
    assert_eq!((answer.status, answer.problem()), (404, "not-found"), "the body came through: {answer:?}");
    let key = ("POST", "/v1/keys");
    let refused = send(&house, key, "{}", &device.signs(&house, key, "{}", "a nonce, number four")).await;
    assert_eq!((refused.status, refused.problem()), (403, "forbidden"), "devices make no keys");
    house.close().await;
}

#[tokio::test]
async fn what_is_not_what_was_signed_is_a_401() {
    let house = House::open().await;
    let ann = house.guest(Role::Operator).await;
    let device = Device::linked(&house, &ann).await;
    let (run, body) = (("POST", "/v1/executions"), json!({ "agent_id": "agt_01980000000070008000000000000001", "input": {} }).to_string());
    let refused = async |who: &str, call: (&str, &str), body: &str, headers: &SignedHeaders| {
        let answer = send(&house, call, body, headers).await;
        assert_eq!((answer.status, answer.problem()), (401, "invalid-signature"), "{who}: {answer:?}");
    };
    let signed = || device.signs(&house, run, &body, "0123456789abcdef");
    refused("another body", run, &body.replace("{}", "[]"), &signed()).await;
    refused("another path", ("POST", "/v1/executions?a=b"), &body, &signed()).await;
    refused("another method", ("PUT", "/v1/users/me"), &body, &signed()).await;
    let other = Device { key: SigningKey::from_bytes(&[8; 32]), wallet: TestWallet::new(8), id: device.id.clone() };
    refused("another key", run, &body, &other.signs(&house, run, &body, "0123456789abcdef")).await;
    let bare = device.signs(&house, run, "", "0123456789abcdef");
    refused("a body that is not covered", run, &body, &bare).await;
    refused("no digest", run, &body, &SignedHeaders { content_digest: None, ..signed() }).await;
    refused("no signature", run, &body, &SignedHeaders { signature: String::new(), ..signed() }).await;
    assert_eq!(send(&house, run, &body, &signed()).await.status, 404, "none of them has used the nonce up");
    refused("a second time", run, &body, &signed()).await;
    let old = device.signs(&house, run, &body, "fedcba9876543210");
    house.world.clock.advance(Duration::from_secs(301));
    refused("too old", run, &body, &old).await;
    let early = device.signs(&house, run, &body, "fedcba9876543211");
    house.world.clock.rewind(Duration::from_secs(40));
    refused("of the future", run, &body, &early).await;
    house.close().await;
}

#[tokio::test]
async fn a_request_that_is_refused_for_its_number_leaves_nothing_behind() {
    let house = house_of_two().await;
    let device = Device::linked(&house, &house.guest(Role::Operator).await).await;
    let (me, stream) = (("GET", "/v1/users/me"), ("GET", "/v1/executions/exe_01980000000070008000000000000001/logs?follow=true"));
    let first = send(&house, me, "", &device.signs(&house, me, "", "0123456789abcde0")).await;
    assert_eq!((first.status, first.header("ratelimit-policy")), (200, r#""caller";q=2;w=60"#));
    let followed = send(&house, stream, "", &device.signs(&house, stream, "", "0123456789abcde1")).await;
    assert_eq!(followed.status, 404, "{followed:?}");
    let late = device.signs(&house, me, "", "0123456789abcde2");
    for call in [me, stream, ("GET", "/v1/ops/jobs")] {
        let signed = if call == me { late.clone() } else { device.signs(&house, call, "", "0123456789abcde3") };
        let refused = send(&house, call, "", &signed).await;
        assert_eq!(
            (refused.status, refused.problem()),
            (429, "limited"),
            "{call:?}: streams count, too, since each of them writes its nonce down"
        );
    }
    assert_eq!(house.world.database.count("SELECT count(*) FROM request_nonces").await, 2, "what is not answered writes nothing down");
    house.close().await;
}

#[tokio::test]
async fn what_was_signed_for_another_server_is_nothing_here() {
    let house = House::open().await;
    let device = Device::linked(&house, &house.guest(Role::Operator).await).await;
    let (me, now) = (("GET", "/v1/users/me"), house.world.domain.now().micros() / 1_000_000);
    for elsewhere in ["tallyman.evil.example", "127.0.0.1:8081", "127.0.0.1"] {
        let signed = sign(&device.key, device.id.parse().unwrap(), (me.0, elsewhere, me.1), b"", (now, "0123456789abcdef"));
        let request = house.client.get(me.1).header("Host", elsewhere);
        let request = request.header("Signature-Input", &signed.signature_input).header("Signature", &signed.signature);
        let answer = Answer::of(request.send().await).await;
        assert_eq!((answer.status, answer.problem()), (401, "invalid-signature"), "{elsewhere}: {answer:?}");
        assert!(answer.text("detail").contains("127.0.0.1:8080"), "it says for whom to sign: {answer:?}");
    }
    let here = sign(&device.key, device.id.parse().unwrap(), (me.0, "localhost:8080", me.1), b"", (now, "0123456789abcdef"));
    assert_eq!(send(&house, me, "", &here).await.status, 200, "this machine by another of its names");
    house.close().await;
}

#[tokio::test]
async fn a_device_that_somebody_parted_with_is_nobody() {
    let house = House::open().await;
    let ann = house.guest(Role::Operator).await;
    let device = Device::linked(&house, &ann).await;
    assert_eq!(house.delete(&ann, &format!("/v1/links/{}", device.id)).await.status, 204);
    let me = ("GET", "/v1/users/me");
    let answer = send(&house, me, "", &device.signs(&house, me, "", "0123456789abcdef")).await;
    assert_eq!((answer.status, answer.problem()), (401, "device-not-linked"));
    assert!(answer.text("detail").contains("pair it again"), "{answer:?}");
    let bearer = house.client.get("/v1/users/me").header("Authorization", format!("Bearer {}", ann.token));
    let both = Answer::of(bearer.header("Signature", "x").send().await).await;
    assert_eq!((both.status, both.problem()), (401, "invalid-signature"), "a request that claims to be signed stands or falls with it");
    house.close().await;
}

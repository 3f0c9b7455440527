//! Access tokens as other services check them, while the key that signs changes.

use std::io::Write as _;
use std::process::Stdio;

use e2e::{Client, Installation, Process, python};
use serde_json::{Value, json};
use testkit::TestWallet;

type Keys<'a> = &'a [(&'a str, &'a str)];

/// An API process and where it answers.
struct Station {
    process: Process,
    base: String,
}

impl Station {
    async fn start(installation: &Installation, keys: Keys<'_>) -> Self {
        let mut process = installation.start_with(&["api"], &[&[("PORT", "0")], keys].concat());
        let base = process.ready().await;
        Self { process, base }
    }

    /// What a rolling restart does to one process.
    async fn change(&mut self, installation: &Installation, keys: Keys<'_>) {
        assert_eq!(self.process.terminate().await, 0);
        *self = Self::start(installation, keys).await;
    }

    /// Somebody signs in here; answers their access token.
    async fn token(&self) -> String {
        let (wallet, client) = (TestWallet::new(1), Client::new(&self.base, ""));
        let address = wallet.address().to_string();
        let challenge = client.post("/v1/auth/challenge", &json!({ "address": address })).await.expect(200);
        let message = challenge["message"].as_str().expect("there is something to sign");
        let answer = json!({ "address": address, "message": message, "signature": wallet.signature(message.as_bytes()) });
        let session = client.post("/v1/auth/login/wallet", &answer).await.expect(200);
        session["access_token"].as_str().expect("a token").to_owned()
    }

    /// What another service says to a token, by the keys that this process publishes.
    fn judged(&self, token: &str) -> Value {
        let mut command = python("check_token.py");
        let script = command.arg(format!("{}/.well-known/jwks.json", self.base)).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut script = script.spawn().expect("python3 is there");
        script.stdin.take().expect("its input is ours").write_all(token.as_bytes()).expect("it reads");
        let output = script.wait_with_output().expect("it ends");
        serde_json::from_slice(&output.stdout).expect("it prints JSON")
    }
}

/// A signing key, as development makes one for itself.
fn new_key() -> String {
    let maker = Installation::embedded();
    assert_eq!(maker.run(&["token", "issue", "--role", "operator"]).code, Some(0));
    std::fs::read_to_string(maker.folder().join("data/keys/jwt-ed25519.pem")).expect("it has made one")
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_keys_change_under_the_eyes_of_another_service() {
    let (old, new) = (new_key(), new_key());
    let before: Keys = &[("JWT_SIGNING_KEY", &old)];
    let staged: Keys = &[("JWT_SIGNING_KEY", &old), ("JWT_STAGED_KEY", &new)];
    let changed: Keys = &[("JWT_SIGNING_KEY", &new), ("JWT_RETIRED_KEY", &old)];
    let after: Keys = &[("JWT_SIGNING_KEY", &new)];

    let installation = Installation::on_postgres().await;
    let (mut one, mut other) = (Station::start(&installation, before).await, Station::start(&installation, before).await);
    let first = one.token().await;
    let judged = one.judged(&first);
    let (header, claims) = (&judged["header"], &judged["claims"]);
    assert_eq!((&header["alg"], header["kid"].as_str().map(str::len)), (&json!("EdDSA"), Some(43)), "{judged}");
    assert_eq!((&claims["user_id"], &claims["role"]), (&claims["sub"], &json!("operator")));
    assert_eq!(claims["wallet"], TestWallet::new(1).address().to_string());
    assert_eq!(claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(end, start)| end - start), Some(900));

    for (step, keys) in [("staged", staged), ("changed", changed)] {
        for turn in 0..2 {
            let next = if turn == 0 { &mut one } else { &mut other };
            next.change(&installation, keys).await;
            let tokens = [one.token().await, other.token().await, first.clone()];
            for (station, token) in [&one, &other].iter().flat_map(|station| tokens.iter().map(move |token| (station, token))) {
                let judged = station.judged(token);
                assert!(judged["claims"].is_object(), "{step}, {turn}: {judged}");
                assert_eq!(Client::new(&station.base, token).get("/v1/users/me").await.status, 200, "{step}, {turn}");
            }
        }
    }

    one.change(&installation, after).await;
    assert_eq!(one.judged(&first), json!({ "refused": "PyJWKClientError" }), "no key of that name is left");
    assert_eq!(Client::new(&one.base, &first).get("/v1/users/me").await.problem(), (401, "invalid-token"));
    let fresh = other.token().await;
    assert!(one.judged(&fresh)["claims"].is_object() && other.judged(&first)["claims"].is_object());
    for mut station in [one, other] {
        assert_eq!(station.process.terminate().await, 0);
    }
}

//! No secret is where it does not belong: not in a log, however talkative, and not in the database.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::accounts::Role;
use serde_json::{Value, json};
use testkit::TestWallet;
use tracing_subscriber::filter::LevelFilter;

use crate::house::{Answer, Guest, House};

type Log = Arc<Mutex<Vec<u8>>>;

/// Writes down what is said.
struct Ear(Log);

impl std::io::Write for Ear {
    fn write(&mut self, said: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(said)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Everything that anybody in this process says from here on.
fn listen() -> Log {
    let log = Log::default();
    let heard = Arc::clone(&log);
    let ear = move || Ear(Arc::clone(&heard));
    let everything = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_ansi(false).with_writer(ear).finish();
    tracing::subscriber::set_global_default(everything).expect("nobody else listens in this process");
    log
}

/// What was handed out, by name.
#[derive(Default)]
struct Secrets(Vec<(String, String)>);

impl Secrets {
    fn learn(&mut self, from: &str, answer: &Answer, fields: &[&str]) {
        for field in fields {
            let secret = answer.text(field);
            assert!(secret.len() >= 16, "{from} answers `{field}`: {answer:?}");
            self.0.push((format!("`{field}` of {from}"), secret.to_owned()));
        }
    }

    /// Those that stand in these bytes.
    fn found_in(&self, bytes: &[u8]) -> Vec<&str> {
        let holds = |secret: &str| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        self.0.iter().filter(|(_, secret)| holds(secret)).map(|(name, _)| name.as_str()).collect()
    }
}

/// Codes that were sent by mail. Six digits may stand anywhere by chance, but not all of these.
struct Codes(Vec<String>);

impl Codes {
    /// Three people sign in, each after a wrong guess.
    async fn used(house: &House) -> Self {
        let mut codes = Vec::new();
        for who in ["ann", "ben", "eve"] {
            let email = format!("{who}@mail.example");
            assert_eq!(post(house, "/v1/auth/email/send-otp", &json!({ "email": email })).await.status, 202);
            house.world.run_jobs().await;
            let mail = house.world.mailer.taken().pop().unwrap();
            let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
            let code = mail.text.split_whitespace().find(is_code).unwrap().to_owned();
            let wrong = if code == "000000" { "000001" } else { "000000" };
            for (guess, status) in [(wrong, 401), (code.as_str(), 200)] {
                let session = post(house, "/v1/auth/email/verify-otp", &json!({ "email": email, "code": guess })).await;
                assert_eq!(session.status, status);
            }
            codes.push(code);
        }
        Self(codes)
    }

    /// Whether these bytes tell them; as words of their own, or also in the middle of something.
    fn stand_in(&self, bytes: &[u8], as_words: bool) -> bool {
        let splits = |byte: Option<&u8>| !as_words || byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
        self.0.iter().all(|code| {
            let found = |at: usize| bytes[at..].starts_with(code.as_bytes()) && splits(bytes.get(at + code.len()));
            (0..bytes.len()).any(|at| found(at) && splits(at.checked_sub(1).and_then(|before| bytes.get(before))))
        })
    }
}

async fn post(house: &House, path: &str, body: &Value) -> Answer {
    Answer::of(house.client.post(path).body_json(body).send().await).await
}

async fn people(house: &House, secrets: &mut Secrets) -> Guest {
    let link = house.world.domain.accounts().bootstrap().await.unwrap().unwrap().secret;
    secrets.0.push(("a login link".into(), link.clone()));
    let opened = post(house, "/v1/auth/browser-session/link", &json!({ "secret": link })).await;
    secrets.learn("a browser session", &opened, &["csrf_token"]);
    let cookie = opened.header("set-cookie").split(';').next().unwrap().to_owned();
    secrets.0.push(("a cookie".into(), cookie.split_once('=').unwrap().1.to_owned()));
    let looked = house.client.get("/v1/ops/jobs").header("Cookie", &cookie).send().await;
    assert_eq!(Answer::of(looked).await.status, 200);

    let (wallet, fields) = (TestWallet::new(1), ["access_token", "refresh_token"]);
    let address = wallet.address().to_string();
    let challenge = post(house, "/v1/auth/challenge", &json!({ "address": address })).await;
    let message = challenge.text("message");
    let login = json!({ "address": address, "message": message, "signature": wallet.signature(message.as_bytes()) });
    let session = post(house, "/v1/auth/login/wallet", &login).await;
    secrets.learn("a sign-in", &session, &fields);
    let next = post(house, "/v1/auth/refresh", &json!({ "refresh_token": session.text("refresh_token") })).await;
    secrets.learn("a refresh", &next, &fields);
    let stolen = post(house, "/v1/auth/refresh", &json!({ "refresh_token": session.text("refresh_token") })).await;
    assert_eq!(stolen.status, 401);
    let caller = house.guest(Role::Operator).await;
    secrets.0.push(("a token of the shell".into(), caller.token.clone()));
    caller
}

async fn programs(house: &House, owner: &Guest, secrets: &mut Secrets) {
    let made = house.post_as(owner, "k", "/v1/keys", &json!({ "name": "nightly", "scopes": ["read"] })).await;
    secrets.learn("a key", &made, &["key"]);
    house.post_as(owner, "k", "/v1/keys", &json!({ "name": "nightly", "scopes": ["read"] })).await;
    let program = Guest { token: made.text("key").to_owned(), ..owner.clone() };
    assert_eq!(house.get(&program, "/v1/users/me").await.status, 200);
    assert_eq!(house.post(&program, "/v1/keys", &json!({ "name": "n" })).await.status, 403);
    let slip = Guest { token: format!("{}x", program.token), ..owner.clone() };
    assert_eq!(house.get(&slip, "/v1/users/me").await.status, 401);
    let rotated = house.post(owner, &format!("/v1/keys/{}/rotate", made.text("id")), &json!({})).await;
    secrets.learn("a rotated key", &rotated, &["key"]);
    house.world.domain.api_keys().write_uses().await.unwrap();
    assert_eq!(house.get(&program, "/v1/users/me").await.status, 401);
}

async fn devices(house: &House, owner: &Guest, secrets: &mut Secrets) {
    let wallet = TestWallet::new(9);
    let wish = json!({ "type": "agent", "name": "Scout", "public_key": wallet.address().to_string() });
    let pairing = post(house, "/v1/link", &wish).await;
    secrets.learn("a pairing", &pairing, &["device_code"]);
    house.post(owner, &format!("/v1/link/{}/approve", pairing.text("user_code")), &json!({})).await;
    house.world.clock.advance(Duration::from_secs(5));
    let code = pairing.text("device_code");
    let proof = wallet.signature(format!("tallyman device link\n127.0.0.1:8080\n{code}").as_bytes());
    assert_eq!(post(house, "/v1/link/token", &json!({ "device_code": code, "proof": proof })).await.status, 200);
}

#[tokio::test]
async fn no_secret_is_said_or_stored() {
    let log = listen();
    let house = House::open().await;
    let mut secrets = Secrets::default();
    let owner = people(&house, &mut secrets).await;
    programs(&house, &owner, &mut secrets).await;
    devices(&house, &owner, &mut secrets).await;
    let codes = Codes::used(&house).await;
    let architect = house.guest(Role::Architect).await;
    assert_eq!(house.post(&architect, &format!("/v1/ops/users/{}/suspend", owner.caller.user_id), &json!({})).await.status, 200);
    let kept = domain::ports::secrets::Secrets::secret(&testkit::FakeSecrets, "sealing_v1").await.unwrap();
    secrets.0.push(("the sealing secret".into(), String::from_utf8(kept.bytes().to_vec()).unwrap()));
    house.world.run_jobs().await;

    let said = log.lock().unwrap().clone();
    assert!(said.windows(8).any(|window| window == b"answered"), "the log was listened to");
    assert_eq!(secrets.found_in(&said), Vec::<&str>::new(), "in the log");
    assert!(!codes.stand_in(&said, true), "codes by mail, in the log");
    assert!(codes.stand_in(format!("It is \"{}\".", codes.0.join("\", \"")).as_bytes(), true), "they are found where they are said");
    let path = house.world.database.url.trim_start_matches("sqlite://").split('?').next().unwrap().to_owned();
    let audit = house.world.database.count("SELECT count(*) FROM api_audit").await;
    assert_eq!(audit, 1, "what an architect does leaves a line");
    for file in [path.clone(), format!("{path}-wal")] {
        let stored = std::fs::read(&file).unwrap_or_default();
        assert!(file.ends_with("-wal") || !stored.is_empty(), "{file}");
        assert_eq!(secrets.found_in(&stored), Vec::<&str>::new(), "in {file}: sessions, keys, audit lines, kept answers");
        assert!(!codes.stand_in(&stored, false), "in {file}: codes by mail");
    }
    house.close().await;
}

//! Who is calling: `auth FOLDER POSTGRES_URL` (of an empty database) prints one JSON object with the figures.
//!
//! `wrk -c64` reads one short list with an access token and with an API key, and a route of the same server that asks nobody who they are.
//! Then 16 wallets sign in, again and again: a challenge, a signature, an answer with tokens.

use std::path::Path;
use std::time::Duration;

use bench::{BoxError, Client, House, millis, quantile, wrk};
use ed25519_dalek::{Signer as _, SigningKey};
use futures::future::try_join_all;
use serde_json::{Value, json};
use tokio::time::Instant;

const WALLETS: u8 = 16;
const SIGN_IN: Duration = Duration::from_secs(10);
const READ: &str = "/v1/users/me/identities";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, url] = arguments.as_slice() else { return Err("usage: auth FOLDER POSTGRES_URL".into()) };
    let settings = format!("[database]\nurl = {}\n", Value::from(url.as_str()));
    let house = House::start(Path::new(folder), "api", &settings).await?;
    let token = house.token().await?;
    let mut client = Client::connect(house.address, &token).await?;
    let body = json!({ "name": "bench", "scopes": ["read"] }).to_string();
    let made = client.post("/v1/keys", "", &body).await?.expect(201)?;
    let key = made["key"].as_str().ok_or("no key is told")?;

    let at = |path: &str| format!("http://{}{path}", house.address);
    let open = wrk(&at("/health/live"), None).await?;
    let by_token = wrk(&at(READ), Some(&token)).await?;
    let by_key = wrk(&at(READ), Some(key)).await?;
    let mut logins: Vec<f64> = try_join_all((1..=WALLETS).map(|number| sign_in(&house, number))).await?.concat();
    house.stop().await?;
    #[expect(clippy::cast_precision_loss, reason = "a count of thousands")]
    let logins_per_s = logins.len() as f64 / SIGN_IN.as_secs_f64();
    let report = json!({
        "open_per_s": open, "token_per_s": by_token, "key_per_s": by_key, "logins_per_s": logins_per_s,
        "token_over_open": by_token / open, "key_over_open": by_key / open, "login_over_open": logins_per_s / open,
        "login_p50_ms": quantile(&mut logins, 50), "login_p99_ms": quantile(&mut logins, 99),
    });
    println!("{report}");
    Ok(())
}

/// One wallet that signs in again and again; how long each time took.
async fn sign_in(house: &House, number: u8) -> Result<Vec<f64>, BoxError> {
    let wallet = SigningKey::from_bytes(&[number; 32]);
    let address = bs58::encode(wallet.verifying_key().as_bytes()).into_string();
    let mut client = Client::connect(house.address, "").await?;
    let (until, mut waits) = (Instant::now() + SIGN_IN, Vec::new());
    while Instant::now() < until {
        let began = Instant::now();
        let challenge = client.post("/v1/auth/challenge", "", &json!({ "address": address }).to_string()).await?.expect(200)?;
        let message = challenge["message"].as_str().ok_or("the challenge has no message")?;
        let signature = bs58::encode(wallet.sign(message.as_bytes()).to_bytes()).into_string();
        let login = json!({ "address": address, "message": message, "signature": signature }).to_string();
        client.post("/v1/auth/login/wallet", "", &login).await?.expect(200)?;
        waits.push(millis(began.elapsed()));
    }
    Ok(waits)
}

//! `tallyman agent link`: show a code, wait for somebody's yes, prove the key (RFC 8628).

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::devices::proof_text;
use domain::entities::id::DeviceLinkId;
use ed25519_dalek::Signer as _;
use serde_json::{Value, json};

use super::Kind;
use super::key_file::KeyFile;
use super::server::Server;
use crate::args::DevicePlace;

/// How much longer it waits when it is told to (RFC 8628 § 3.5).
const SLOWER: Duration = Duration::from_secs(5);

pub async fn run(kind: Kind, place: &DevicePlace, name: Option<String>) -> Result<ExitCode, Box<dyn Error>> {
    let key = kind.key(place)?;
    let server = Server::at(&place.url)?;
    let name = name.unwrap_or_else(|| format!("{} {}", kind.title, &key.address().to_string()[..6]));
    let wish = json!({ "type": kind.word, "name": name, "public_key": key.address().to_string() });
    let pairing = server.post("/v1/link", &wish).await?.expect(200)?;
    let text = |field: &str| pairing[field].as_str().unwrap_or_default();
    println!("Code: {}", text("user_code"));
    println!("Open {} and say yes, or type the code at {}", text("verification_uri_complete"), text("verification_uri"));
    let link = wait(&server, &key, &pairing).await?;
    let id: DeviceLinkId = link["id"].as_str().unwrap_or_default().parse()?;
    key.keep_link(id)?;
    println!("Linked to {}: {}", kind.title, link["name"].as_str().unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}

/// Ask again and again until somebody has answered.
async fn wait(server: &Server, key: &KeyFile, pairing: &Value) -> Result<Value, Box<dyn Error>> {
    let device_code = pairing["device_code"].as_str().unwrap_or_default();
    let proof = STANDARD.encode(key.signing_key().sign(proof_text(device_code).as_bytes()).to_bytes());
    let question = json!({ "device_code": device_code, "proof": proof });
    let mut interval = Duration::from_secs(pairing["interval"].as_u64().unwrap_or(5).max(1));
    loop {
        tokio::time::sleep(interval).await;
        let answer = server.post("/v1/link/token", &question).await?;
        match answer.body["error"].as_str() {
            None if answer.status == 200 => return Ok(answer.body),
            Some("authorization_pending") => {}
            Some("slow_down") => interval += SLOWER,
            _ => return Err(answer.refusal().into()),
        }
    }
}

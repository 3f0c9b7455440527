//! `tallyman agent …`, `tallyman gateway …`: a device of somebody's, with a key pair of its own. It talks to the API as any client does.

mod key_file;
mod pairing;
mod server;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use api::problem::DEVICE_NOT_LINKED;
use serde_json::Value;

use crate::args::{Device, DevicePlace};
use key_file::KeyFile;
use server::Server;

/// What a device is, in the API's words and in people's.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    pub word: &'static str,
    pub title: &'static str,
    /// Where its balance is asked for.
    pub balance: &'static str,
    /// Where its key lies when nobody says where.
    key_file: &'static str,
}

pub const AGENT: Kind = Kind { word: "agent", title: "Agent", balance: "/v1/agent/balance", key_file: "secret_key.json" };
pub const GATEWAY: Kind = Kind { word: "gateway", title: "Gateway", balance: "/v1/vendor/balance", key_file: "gateway_key.json" };

impl Kind {
    /// The key at this place, or a new one there.
    ///
    /// # Errors
    /// When the file is no key, or others may read it.
    fn key(self, place: &DevicePlace) -> Result<KeyFile, Box<dyn Error>> {
        KeyFile::open_or_make(&std::path::absolute(place.key.clone().unwrap_or_else(|| PathBuf::from(self.key_file)))?)
    }
}

pub async fn run(kind: Kind, action: Device) -> Result<ExitCode, Box<dyn Error>> {
    match action {
        Device::Init(place) => init(kind, &place).await,
        Device::Balance(place) => balance(kind, &place).await,
        Device::Link { place, name } => {
            // What the key is today counts: to link it as something else would end that without a word.
            linked(kind, &kind.key(&place)?, &place).await?;
            pairing::run(kind, &place, name).await
        }
    }
}

/// Find or make the key, and say whether it is linked.
async fn init(kind: Kind, place: &DevicePlace) -> Result<ExitCode, Box<dyn Error>> {
    let key = kind.key(place)?;
    println!("Key: {} ({})", key.address(), key.path().display());
    match linked(kind, &key, place).await? {
        Some(link) => println!("Linked to {}: {}", kind.title, link["name"].as_str().unwrap_or_default()),
        None => println!("Not linked: run `tallyman {} link`", kind.word),
    }
    Ok(ExitCode::SUCCESS)
}

/// The link of this key, if it has one.
///
/// # Errors
/// When it is linked as a device of the other sort.
async fn linked(kind: Kind, key: &KeyFile, place: &DevicePlace) -> Result<Option<Value>, Box<dyn Error>> {
    let Some(link) = key.link()? else { return Ok(None) };
    let linked = current(&Server::at(&place.url)?, key, link).await?;
    match linked.as_ref().and_then(|link| link["type"].as_str()).filter(|word| *word != kind.word) {
        Some(other) => Err(format!(
            "the key in {} is linked as {other}, not as {}; choose another file with --key, or part with the link first (DELETE /v1/links/{link})",
            key.path().display(),
            kind.word
        )
        .into()),
        None => Ok(linked),
    }
}

/// One line for each mint and figure.
async fn balance(kind: Kind, place: &DevicePlace) -> Result<ExitCode, Box<dyn Error>> {
    let key = kind.key(place)?;
    let link = key.link()?.ok_or_else(|| format!("not linked: run `tallyman {} link`", kind.word))?;
    let answer = Server::at(&place.url)?.get_signed(kind.balance, key.signing_key(), link).await?.expect(200)?;
    for balance in answer["balances"].as_array().into_iter().flatten() {
        let text = |field: &str| balance[field].as_str().unwrap_or_default();
        println!("{} ({})", text("symbol"), text("mint"));
        for figure in ["available", "pending", "bonded", "unsettled", "payable", "in_flight", "settled"] {
            if balance.get(figure).is_some() {
                println!("  {figure:<10} {}", text(figure));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The link by which the key counts, if it does.
async fn current(server: &Server, key: &KeyFile, link: domain::entities::id::DeviceLinkId) -> Result<Option<Value>, Box<dyn Error>> {
    let answer = server.get_signed("/v1/links/current", key.signing_key(), link).await?;
    match answer.status {
        200 => Ok(Some(answer.body)),
        401 if answer.is_problem(DEVICE_NOT_LINKED.code) => Ok(None),
        _ => Err(answer.refusal().into()),
    }
}

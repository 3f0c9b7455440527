//! `tallyman agent …`, `tallyman gateway …`: a device of somebody's, with a key pair of its own. It talks to the API as any client does.

mod key_file;
mod pairing;
mod server;

use std::error::Error;
use std::process::ExitCode;

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
}

pub const AGENT: Kind = Kind { word: "agent", title: "Agent", balance: "/v1/agent/balance" };
pub const GATEWAY: Kind = Kind { word: "gateway", title: "Gateway", balance: "/v1/vendor/balance" };

pub async fn run(kind: Kind, action: Device) -> Result<ExitCode, Box<dyn Error>> {
    match action {
        Device::Init(place) => init(kind, &place).await,
        Device::Balance(place) => balance(kind, &place).await,
        Device::Link { place, name } => pairing::run(kind, &place, name).await,
    }
}

/// Find or make the key, and say whether it is linked.
async fn init(kind: Kind, place: &DevicePlace) -> Result<ExitCode, Box<dyn Error>> {
    let key = KeyFile::open_or_make(&place.key)?;
    println!("Key: {} ({})", key.address(), place.key.display());
    let linked = match key.link()? {
        Some(link) => current(&Server::at(&place.url)?, &key, link).await?,
        None => None,
    };
    match linked {
        Some(link) => println!("Linked to {}: {}", kind.title, link["name"].as_str().unwrap_or_default()),
        None => println!("Not linked: run `tallyman {} link`", kind.word),
    }
    Ok(ExitCode::SUCCESS)
}

/// One line for each mint and figure.
async fn balance(kind: Kind, place: &DevicePlace) -> Result<ExitCode, Box<dyn Error>> {
    let key = KeyFile::open_or_make(&place.key)?;
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
        401 => Ok(None),
        _ => Err(answer.refusal().into()),
    }
}

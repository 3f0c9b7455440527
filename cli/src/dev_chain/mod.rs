//! The embedded chain: a program of its own, which `tallyman up` keeps beside itself in development when no cluster is configured.

mod furnish;
mod keep;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use tokio::net::TcpSocket;

use crate::settings::{Env, Settings};

const PROGRAM: &str = "tallyman-dev-chain";
const LOOPBACK: std::net::Ipv4Addr = std::net::Ipv4Addr::LOCALHOST;

/// What to do when the program is not there.
pub const ADVICE: &str = "build it with `scripts/build-dev-chain` (once, some minutes), or name it in TALLYMAN_DEV_CHAIN";

/// Section `dev_chain`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DevChainSettings {
    /// Whether `tallyman up` keeps one in development when `solana.rpc_url` is not set.
    pub enabled: bool,
    /// The program. Absent: where `scripts/build-dev-chain` puts it, as seen from this one.
    pub path: Option<PathBuf>,
    /// Where it serves JSON-RPC; when somebody else has the port, some free one.
    pub rpc_port: u16,
    /// Where it serves subscriptions; the same.
    pub ws_port: u16,
    /// How long a slot lasts. A transaction is final after 31 of them.
    pub slot_ms: u32,
}

impl Default for DevChainSettings {
    fn default() -> Self {
        Self { enabled: true, path: None, rpc_port: 8_899, ws_port: 8_900, slot_ms: 400 }
    }
}

impl DevChainSettings {
    /// Where the program is or would be.
    pub fn program(&self) -> PathBuf {
        self.path.clone().unwrap_or_else(|| beside(std::env::current_exe().ok().as_deref()))
    }
}

/// `TARGET/debug/tallyman` has it in `TARGET/dev-chain/debug`; an installed one in its own folder.
fn beside(tallyman: Option<&Path>) -> PathBuf {
    let folder = tallyman.and_then(Path::parent).unwrap_or(Path::new("."));
    let installed = folder.join(PROGRAM);
    if installed.is_file() { installed } else { folder.with_file_name("dev-chain").join("debug").join(PROGRAM) }
}

/// A chain that this process is to keep.
#[derive(Debug)]
pub struct DevChain {
    program: PathBuf,
    /// Keeps its ports for it until it starts: another process that looks for free ones takes others. Nobody listens there yet.
    held: Vec<TcpSocket>,
    rpc_port: u16,
    ws_port: u16,
    slot_ms: u32,
    /// The file that keeps it over restarts.
    state: PathBuf,
    /// The file that says where it answers, for other commands.
    url_file: PathBuf,
}

impl DevChain {
    /// One for this process, if it should have one.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn of(settings: &Settings) -> std::io::Result<Option<Self>> {
        let wanted = settings.app.env == Env::Development && settings.solana.rpc_url.is_none() && settings.dev_chain.enabled;
        if !wanted {
            return Ok(None);
        }
        let (rpc, ws) = (hold_port(settings.dev_chain.rpc_port)?, hold_port(settings.dev_chain.ws_port)?);
        Ok(Some(Self {
            program: settings.dev_chain.program(),
            rpc_port: rpc.local_addr()?.port(),
            ws_port: ws.local_addr()?.port(),
            held: vec![rpc, ws],
            slot_ms: settings.dev_chain.slot_ms,
            state: settings.app.data_dir.join("dev-chain.sqlite"),
            url_file: url_file(settings),
        }))
    }

    pub fn rpc_url(&self) -> String {
        format!("http://{LOOPBACK}:{}", self.rpc_port)
    }

    pub fn ws_url(&self) -> String {
        format!("ws://{LOOPBACK}:{}", self.ws_port)
    }
}

/// Where the chain of the `tallyman up` answers that runs on this data directory, if one does.
pub fn running(settings: &Settings) -> Option<String> {
    std::fs::read_to_string(url_file(settings)).ok().map(|url| url.trim().to_owned()).filter(|url| !url.is_empty())
}

fn url_file(settings: &Settings) -> PathBuf {
    settings.app.data_dir.join("dev-chain.url")
}

/// The port itself, or some other when somebody has it.
fn hold_port(wished: u16) -> std::io::Result<TcpSocket> {
    let hold = |port: u16| {
        let socket = TcpSocket::new_v4()?;
        // Without `SO_REUSEADDR`, which would let two hold one port.
        socket.bind((LOOPBACK, port).into()).map(|()| socket)
    };
    hold(wished).or_else(|_| hold(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_looked_for_where_the_script_puts_it() {
        let found = beside(Some(Path::new("/cache/target/debug/tallyman")));
        assert_eq!(found, Path::new("/cache/target/dev-chain/debug/tallyman-dev-chain"));
    }

    #[tokio::test]
    async fn a_port_that_somebody_has_or_holds_is_left_to_them() {
        let has = std::net::TcpListener::bind((LOOPBACK, 0)).expect("a port is free");
        let port = has.local_addr().expect("it is bound").port();
        let holds = hold_port(port).expect("another is free");
        let held = holds.local_addr().expect("it is bound").port();
        assert_ne!(held, port);
        let third = hold_port(held).expect("another is free");
        assert_ne!(third.local_addr().expect("it is bound").port(), held);
    }
}

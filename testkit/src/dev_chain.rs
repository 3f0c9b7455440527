//! A Solana chain of a test's own: the real runtime behind real JSON-RPC.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::engines::handed;

/// How long a slot of it lasts: a transaction is final after 31 of them, and a blockhash expires after 150.
pub const TEST_SLOT_MS: u64 = 20;

/// A running chain, in memory, on ports of its own. It ends with the value, and with the test's process.
pub struct DevChain {
    child: Child,
    pub rpc_url: String,
    pub ws_url: String,
}

impl DevChain {
    /// With SOL for these addresses.
    ///
    /// # Panics
    /// When the program is not there or does not start.
    #[must_use]
    pub fn start(funded: &[domain::entities::Address]) -> Self {
        let mut command = Command::new(program());
        command.args(["--rpc-port", "0", "--ws-port", "0", "--slot-ms", &TEST_SLOT_MS.to_string(), "--while-stdin-is-open"]);
        if !funded.is_empty() {
            let funded: Vec<String> = funded.iter().map(ToString::to_string).collect();
            command.args(["--fund", &funded.join(",")]);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the chain can be started");
        let mut line = String::new();
        let said = BufReader::new(child.stdout.take().expect("it has an output")).read_line(&mut line);
        let mut words = line.split_whitespace();
        let (ready, rpc, ws) = (words.next(), words.next(), words.next());
        let (Ok(_), Some("ready"), Some(rpc), Some(ws)) = (said, ready, rpc, ws) else {
            let _ = child.kill();
            panic!("the chain does not start: {line:?}");
        };
        Self { child, rpc_url: rpc.to_owned(), ws_url: ws.to_owned() }
    }

    /// Which process it is.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

/// The program that `./test` built.
///
/// # Panics
/// When it has not.
#[must_use]
pub fn program() -> PathBuf {
    handed("TALLYMAN_DEV_CHAIN").into()
}

impl Drop for DevChain {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

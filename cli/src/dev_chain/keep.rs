//! Start it, furnish it, start it again when it falls, and end it with this process.

use std::io;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use chain::{HotTreasury, SolanaNode};
use domain::Domain;
use domain::ports::chain::Treasury as _;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio_util::sync::CancellationToken;

use super::{ADVICE, DevChain, furnish};

/// How often somebody looks whether the program has been built, and how long a chain that fell stays down.
const PAUSE: Duration = Duration::from_secs(1);
/// How long it may take to say that it is ready: it reads its whole past first.
const START_MAX: Duration = Duration::from_mins(2);
/// How long it may take to write down its state.
const END_MAX: Duration = Duration::from_secs(10);

impl DevChain {
    /// Keep it until `stop` fires.
    pub async fn keep(mut self, node: Arc<SolanaNode>, treasury: Arc<HotTreasury>, domain: Domain, stop: CancellationToken) {
        if !self.program.is_file() {
            println!("the development chain is not there yet ({}): {ADVICE}; payments wait for it", self.program.display());
        }
        while !stop.is_cancelled() {
            if self.program.is_file()
                && let Err(error) = self.run(&node, &treasury, &domain, &stop).await
            {
                tracing::error!(error = &error as &dyn std::error::Error, "the development chain ended; it is started again");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
        let _ = std::fs::remove_file(&self.url_file);
    }

    /// One life of it.
    async fn run(&mut self, node: &SolanaNode, treasury: &HotTreasury, domain: &Domain, stop: &CancellationToken) -> io::Result<()> {
        self.held.clear();
        let mut child = self.command(treasury).spawn()?;
        // Whoever waits for a child closes its input first, and this one ends with its input.
        let open = child.stdin.take();
        let ready = tokio::select! {
            ready = tokio::time::timeout(START_MAX, first_line(&mut child)) => ready.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
            () = stop.cancelled() => return end(child, open).await,
        };
        match ready {
            Ok(line) if line.starts_with("ready ") => {}
            Ok(_) => return Err(io::Error::other("it did not say that it is ready")),
            Err(error) => {
                child.start_kill()?;
                return Err(error);
            }
        }
        std::fs::write(&self.url_file, self.rpc_url())?;
        println!("development chain on {}: NOT A REAL CLUSTER, what is on it is worth nothing", self.rpc_url());
        tokio::select! {
            () = furnish::furnish(node, treasury, domain) => {}
            () = stop.cancelled() => return end(child, open).await,
        }
        tokio::select! {
            status = child.wait() => Err(io::Error::other(status?.to_string())),
            () = stop.cancelled() => end(child, open).await,
        }
    }

    fn command(&self, treasury: &HotTreasury) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["--rpc-port", &self.rpc_port.to_string(), "--ws-port", &self.ws_port.to_string()])
            .args(["--slot-ms", &self.slot_ms.to_string(), "--fund", &format!("{},{}", treasury.address(), treasury.fee_payer())])
            .arg("--state")
            .arg(&self.state)
            // Its end closes when this process dies, however it dies.
            .arg("--while-stdin-is-open")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Not this terminal's: Ctrl-C asks this process, which asks the chain.
            .process_group(0)
            .kill_on_drop(true);
        command
    }
}

async fn first_line(child: &mut Child) -> io::Result<String> {
    let stdout = child.stdout.take().ok_or_else(|| io::Error::other("it has no output"))?;
    BufReader::new(stdout).lines().next_line().await?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

async fn end(mut child: Child, open: Option<ChildStdin>) -> io::Result<()> {
    drop(open);
    match tokio::time::timeout(END_MAX, child.wait()).await {
        Ok(ended) => ended.map(drop),
        Err(_) => child.kill().await,
    }
}

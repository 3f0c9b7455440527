//! A Solana chain for development and tests: a real runtime behind real JSON-RPC, on this machine alone, with money that is worth nothing.
//!
//! It listens on the loopback address only and asks no other cluster. Prints one line when it answers, `ready RPC_URL WEBSOCKET_URL`, and ends on
//! SIGTERM, SIGINT, or with `--while-stdin-is-open` when whoever started it is gone.

use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use clap::Parser;
use crossbeam_channel::{Receiver, Sender, unbounded};
use solana_sdk::pubkey::Pubkey;
use surfpool_core::runloops::start_local_surfnet_runloop;
use surfpool_core::surfnet::locker::SurfnetSvmLocker;
use surfpool_core::surfnet::svm::{SurfnetSvm, SurfnetSvmConfig};
use surfpool_types::{BlockProductionMode, RpcConfig, SimnetCommand, SimnetConfig, SimnetEvent, SurfpoolConfig};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

type Failure = Box<dyn std::error::Error>;

/// What the funded addresses hold at least after each start: 1,000 SOL.
const FUNDED_LAMPORTS: u64 = 1_000_000_000_000;

const LOOPBACK: &str = "127.0.0.1";

/// The embedded Solana chain of development and tests.
#[derive(Debug, Parser)]
#[command(name = "tallyman-dev-chain", version)]
struct Args {
    /// Where JSON-RPC is served; 0 takes a free port.
    #[arg(long, default_value_t = 8899)]
    rpc_port: u16,
    /// Where subscriptions are served; 0 takes a free port.
    #[arg(long, default_value_t = 8900)]
    ws_port: u16,
    /// How long a slot lasts. A transaction is final after 31 slots, a blockhash expires after 150.
    #[arg(long, default_value_t = 400)]
    slot_ms: u64,
    /// The file that keeps the chain over restarts; absent: in memory.
    #[arg(long)]
    state: Option<PathBuf>,
    /// Addresses that get SOL at each start.
    #[arg(long, value_delimiter = ',')]
    fund: Vec<Pubkey>,
    /// End when standard input closes, as it does when the process that holds its other end dies.
    #[arg(long)]
    while_stdin_is_open: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: the chain cannot go on: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<(), Failure> {
    let (rpc_port, ws_port) = (free(args.rpc_port)?, free(args.ws_port)?);
    let (svm, events, commands) = start(&args, rpc_port, ws_port)?;
    wait_until_started(&events)?;
    println!("ready http://{LOOPBACK}:{rpc_port} ws://{LOOPBACK}:{ws_port}");
    let fallen = drain(events);
    let ended = tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(end(args.while_stdin_is_open, fallen));
    let _ = commands.send(SimnetCommand::Terminate(None));
    svm.with_svm_reader(SurfnetSvm::shutdown);
    ended
}

/// The port itself, when nobody has it; some free one for 0.
fn free(port: u16) -> Result<u16, Failure> {
    let listener = TcpListener::bind((LOOPBACK, port)).map_err(|error| format!("port {port} of {LOOPBACK} cannot be had ({error})"))?;
    Ok(listener.local_addr()?.port())
}

fn start(args: &Args, rpc_port: u16, ws_port: u16) -> Result<(SurfnetSvmLocker, Receiver<SimnetEvent>, Sender<SimnetCommand>), Failure> {
    let state = args.state.as_ref().map(|path| path.to_str().ok_or("the state file's name is not UTF-8")).transpose()?;
    let machine = SurfnetSvmConfig { slot_time: args.slot_ms, instruction_profiling_enabled: false, ..SurfnetSvmConfig::default() };
    let (svm, events, geyser) = SurfnetSvm::new_with_db(state, machine)?;
    let config = SurfpoolConfig {
        simnets: vec![SimnetConfig {
            // The default asks a public cluster for what it does not know.
            offline_mode: true,
            remote_rpc_url: None,
            slot_time: args.slot_ms,
            block_production_mode: BlockProductionMode::Clock,
            airdrop_addresses: args.fund.clone(),
            airdrop_token_amount: FUNDED_LAMPORTS,
            instruction_profiling_enabled: false,
            ..SimnetConfig::default()
        }],
        rpc: RpcConfig { bind_host: LOOPBACK.into(), bind_port: rpc_port, ws_port, ..RpcConfig::default() },
        ..SurfpoolConfig::default()
    };
    let (commands, received) = unbounded();
    let svm = SurfnetSvmLocker::new(svm);
    let (machine, sender) = (svm.clone(), commands.clone());
    thread::spawn(move || {
        let ran = hiro_system_kit::nestable_block_on(start_local_surfnet_runloop(machine, config, sender, received, geyser));
        if let Err(error) = ran {
            eprintln!("error: {error}");
        }
    });
    Ok((svm, events, commands))
}

fn wait_until_started(events: &Receiver<SimnetEvent>) -> Result<(), Failure> {
    loop {
        match events.recv().map_err(|_| "it did not start")? {
            SimnetEvent::CoreStarted(_) => return Ok(()),
            SimnetEvent::Aborted(why) => return Err(why.into()),
            _ => {}
        }
    }
}

/// Events that nobody takes would pile up. Answers a channel that closes when the chain has ended by itself.
fn drain(events: Receiver<SimnetEvent>) -> oneshot::Receiver<()> {
    let (alive, fallen) = oneshot::channel();
    thread::spawn(move || {
        let _alive = alive;
        for event in events {
            match event {
                SimnetEvent::ErrorLog(_, text) => eprintln!("error: {text}"),
                SimnetEvent::Aborted(why) => {
                    eprintln!("error: {why}");
                    return;
                }
                _ => {}
            }
        }
    });
    fallen
}

/// Wait for whatever ends it.
async fn end(while_stdin_is_open: bool, fallen: oneshot::Receiver<()>) -> Result<(), Failure> {
    let (mut asked, mut interrupted) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (open, closed) = oneshot::channel();
    let _open = if while_stdin_is_open {
        thread::spawn(move || watch_stdin(open));
        None
    } else {
        Some(open)
    };
    tokio::select! {
        _ = asked.recv() => Ok(()),
        _ = interrupted.recv() => Ok(()),
        _ = closed => Ok(()),
        _ = fallen => Err("it ended by itself".into()),
    }
}

/// Drops the sender when standard input has ended.
fn watch_stdin(_open: oneshot::Sender<()>) {
    let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
}

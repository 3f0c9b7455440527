//! `tallyman`: the one binary. Every command reads its settings once, puts ports and adapters together, and runs.

mod args;
mod bounds;
mod causes;
mod cluster;
mod commands;
mod dev_chain;
mod hearing;
mod house;
mod outward;
mod roles;
mod sandbox;
mod settings;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Args, Command};

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&error),
    };
    runtime.block_on(run(args.command)).unwrap_or_else(|error| refuse(&*error))
}

/// Errors end here, once, with all their causes.
fn refuse(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    eprintln!("error: {}", causes::in_one_line(error));
    ExitCode::FAILURE
}

async fn run(command: Command) -> Result<ExitCode, Box<dyn std::error::Error>> {
    match command {
        Command::Up => roles::up().await,
        Command::Api => roles::api().await,
        Command::Worker { pools, concurrency } => roles::worker(&pools, concurrency).await,
        Command::Scheduler => roles::scheduler().await,
        Command::Migrate { direction } => commands::migrate::run(direction).await,
        Command::ValidateIndexes => commands::indexes::run().await,
        Command::VerifyLedger => commands::verify_ledger::run().await,
        Command::Doctor => commands::doctor::run().await,
        Command::Openapi => Ok(commands::openapi::run()),
        Command::Token { action } => commands::token::run(action).await,
        Command::DevChain { words } => commands::dev_chain::run(&words),
        Command::DevToken { action } => commands::dev_token::run(action).await,
        Command::Agent { action } => commands::device::run(commands::device::AGENT, action).await,
        Command::Gateway { action } => commands::device::run(commands::device::GATEWAY, action).await,
        Command::Try { image, input, timeout, json } => commands::try_image::run(&image, &input, timeout, json).await,
    }
}

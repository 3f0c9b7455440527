//! PID 1 of every agent container. `docs/supervisor-protocol.md` says what it does and why.
//!
//! One thread, one loop over `poll`, every buffer allocated before the agent starts: an agent that uses up all
//! processes or all memory of its container finds nothing here that needs more of either.

mod agent;
mod cage;
mod kernel;
mod life;
mod link;
mod output;
mod pid_one;
mod reap;
mod run;
mod shield;
mod signals;
mod start;
mod stream;
mod usage;

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(pid_one) = pid_one::PidOne::claim() else {
        return complain(2, "tallyman-supervisor runs as PID 1 of an agent container only, since it kills every other process");
    };
    if let Err(error) = kernel::set_undumpable() {
        return complain(2, &format!("tallyman-supervisor cannot shield itself from its agent: {error}"));
    }
    match life::live(&pid_one) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(1, &format!("tallyman-supervisor: {error}")),
    }
}

fn complain(code: u8, sentence: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{sentence}");
    ExitCode::from(code)
}

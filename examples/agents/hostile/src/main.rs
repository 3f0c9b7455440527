//! A hostile agent. Each attack tries to get out of the cage, or to take more than it was given, and answers
//! `{"attack", "contained", "detail"}` when it lives long enough. Every attack stops by itself at a bound far above
//! what a cage allows; still it is for cages only, and refuses to attack with the powers of a machine's own root.

mod attacks;
mod raw;
mod verdict;

use std::io;
use std::process::ExitCode;

use serde::Deserialize;

#[derive(Deserialize)]
struct Input {
    attack: String,
}

fn main() -> io::Result<ExitCode> {
    // A copy of this program that an attack managed to execute.
    if std::env::args().nth(1).as_deref() == Some(attacks::EXECUTED_ARGUMENT) {
        return Ok(ExitCode::from(attacks::EXECUTED_CODE));
    }
    let attack = match agent::input::<Input>() {
        Ok(input) => input.attack,
        Err(message) => {
            agent::refuse("bad_input", &message)?;
            return Ok(ExitCode::from(2));
        }
    };
    let Some((name, run)) = attacks::ALL.iter().find(|(name, _)| *name == attack) else {
        agent::refuse("unknown_attack", &attack)?;
        return Ok(ExitCode::from(2));
    };
    if may_reboot() {
        agent::refuse("no_cage", "this process may reboot the machine: it is in no cage")?;
        return Ok(ExitCode::from(3));
    }
    let verdict = run();
    agent::answer(&serde_json::json!({ "attack": name, "contained": verdict.contained, "detail": verdict.detail }))?;
    Ok(ExitCode::SUCCESS)
}

fn may_reboot() -> bool {
    const CAP_SYS_BOOT: u32 = 22;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("CapEff:")?.trim(), 16).ok());
    effective.is_none_or(|capabilities| capabilities >> CAP_SYS_BOOT & 1 == 1)
}

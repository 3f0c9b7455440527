//! Writes numbered lines, odd ones to standard output and even ones to standard error, with a pause before each.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use serde::Deserialize;

const LINES_MAX: u32 = 1_000_000;
const INTERVAL_MS_MAX: u64 = 60_000;

#[derive(Deserialize)]
struct Input {
    lines: u32,
    interval_ms: u64,
}

fn main() -> io::Result<ExitCode> {
    let refusal = match agent::input::<Input>() {
        Ok(input) if input.lines > LINES_MAX => format!("lines is at most {LINES_MAX}"),
        Ok(input) if input.interval_ms > INTERVAL_MS_MAX => format!("interval_ms is at most {INTERVAL_MS_MAX}"),
        Ok(input) => return chatter(&input).map(|()| ExitCode::SUCCESS),
        Err(message) => message,
    };
    agent::refuse("bad_input", &refusal)?;
    Ok(ExitCode::from(2))
}

fn chatter(input: &Input) -> io::Result<()> {
    for number in 1..=input.lines {
        pause(Duration::from_millis(input.interval_ms));
        if number % 2 == 1 {
            writeln!(io::stdout(), "line {number} of {}", input.lines)?;
        } else {
            writeln!(io::stderr(), "line {number} of {}", input.lines)?;
        }
    }
    agent::answer(&serde_json::json!({ "lines": input.lines }))
}

#[expect(clippy::disallowed_methods, reason = "slowness is what this agent is for")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

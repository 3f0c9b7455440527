//! `tallyman dev-chain`: the embedded chain alone, in the foreground. It starts the program and adds nothing.

use std::error::Error;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use crate::dev_chain::ADVICE;
use crate::settings::Settings;

/// Becomes the program; comes back only when that is not possible.
pub fn run(words: &[String]) -> Result<ExitCode, Box<dyn Error>> {
    let program = Settings::load()?.dev_chain.program();
    if !program.is_file() {
        return Err(format!("the development chain is not there ({}): {ADVICE}", program.display()).into());
    }
    eprintln!("NOT A REAL CLUSTER: what is on it is worth nothing");
    Err(format!("{} cannot be started: {}", program.display(), Command::new(&program).args(words).exec()).into())
}

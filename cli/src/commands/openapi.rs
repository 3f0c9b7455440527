//! `tallyman openapi`.

use std::process::ExitCode;

pub fn run() -> ExitCode {
    print!("{}", api::openapi_yaml());
    ExitCode::SUCCESS
}

//! `tallyman openapi`.

use std::error::Error;
use std::process::ExitCode;

pub fn run() -> Result<ExitCode, Box<dyn Error>> {
    print!("{}", api::openapi_yaml());
    Ok(ExitCode::SUCCESS)
}

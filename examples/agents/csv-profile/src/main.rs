//! Profiles the columns of a CSV text: types, missing values, distinct values, extremes and means.

mod column;
mod date;
mod profile;

use std::io::{self, Write};
use std::process::ExitCode;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    csv: String,
    #[serde(default)]
    delimiter: Option<String>,
}

fn main() -> io::Result<ExitCode> {
    let input = match agent::input::<Input>() {
        Ok(input) => input,
        Err(message) => return refuse("bad_input", &message),
    };
    writeln!(io::stderr(), "profiling {} bytes", input.csv.len())?;
    match profile::of(&input.csv, input.delimiter.as_deref()) {
        Ok(profile) => {
            writeln!(io::stderr(), "{} rows, {} columns", profile.rows, profile.columns.len())?;
            agent::answer(&profile)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(problem) => refuse(problem.code, &problem.message),
    }
}

fn refuse(code: &str, message: &str) -> io::Result<ExitCode> {
    writeln!(io::stderr(), "{code}: {message}")?;
    agent::refuse(code, message)?;
    Ok(ExitCode::from(2))
}

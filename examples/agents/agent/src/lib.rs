//! How an agent reads its input and gives its answer. That is all there is to being an agent.

use std::fs::read_to_string;
use std::io::{self, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Where the input always is.
const INPUT_FILE: &str = "/input/input.json";

/// The run's input: the variable `INPUT`, which is there when it is small enough, or the file.
///
/// # Errors
/// A sentence that says why there is none.
pub fn input<T: DeserializeOwned>() -> Result<T, String> {
    let text = match variable() {
        Some(text) => text,
        None => read_to_string(INPUT_FILE).map_err(|error| format!("reading {INPUT_FILE}: {error}"))?,
    };
    serde_json::from_str(&text).map_err(|error| format!("the input is not what this agent takes: {error}"))
}

#[expect(clippy::disallowed_methods, reason = "the variable is how an agent gets its input")]
fn variable() -> Option<String> {
    std::env::var("INPUT").ok()
}

/// Writes the answer: the last line of standard output.
///
/// # Errors
/// When nobody reads standard output any more.
pub fn answer(answer: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    let mut stdout = io::stdout().lock();
    stdout.write_all(&line)?;
    stdout.flush()
}

/// Answers `{"error": {"code", "message"}}`; the agent should then end with a code other than 0.
///
/// # Errors
/// As [`answer()`].
pub fn refuse(code: &str, message: &str) -> io::Result<()> {
    answer(&serde_json::json!({ "error": { "code": code, "message": message } }))
}

//! What an agent that ended well answers: its output file, else the last line of standard output that parses as JSON.

use domain::ports::sandbox::{Failure, FailureCode, RunLimits};
use serde_json::Value;

use super::transcript::Transcript;

/// # Errors
/// Why there is no answer.
pub(super) fn of(transcript: &Transcript, limits: &RunLimits) -> Result<Value, Failure> {
    let fail = |code, message: String| Err(Failure::new(code, message));
    match &transcript.output {
        Some(Ok(file)) => serde_json::from_slice(file)
            .or_else(|error| fail(FailureCode::OutputNotJson, format!("/output/output.json is not JSON: {error}"))),
        Some(Err(refusal)) => {
            let code = match refusal.code.as_str() {
                "output_too_large" => FailureCode::OutputTooLarge,
                "output_not_regular" => FailureCode::OutputNotRegular,
                _ => FailureCode::OutputNotJson,
            };
            fail(code, refusal.message.clone())
        }
        None => match last_json_line(&transcript.stdout) {
            Some((_, bytes)) if bytes > limits.output_bytes_max as usize => fail(
                FailureCode::OutputTooLarge,
                format!("the answer on standard output has {bytes} bytes; at most {} are taken", limits.output_bytes_max),
            ),
            Some((answer, _)) => Ok(answer),
            None => fail(FailureCode::NoOutput, "no line of standard output is JSON, and there is no /output/output.json".into()),
        },
    }
}

fn last_json_line(stdout: &[u8]) -> Option<(Value, usize)> {
    let mut lines = stdout.rsplit(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    lines.find_map(|line| serde_json::from_slice(line).ok().map(|value| (value, line.len())))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::last_json_line;

    fn answer(stdout: &str) -> Option<Value> {
        last_json_line(stdout.as_bytes()).map(|(answer, _)| answer)
    }

    #[test]
    fn the_last_line_that_is_json_is_the_answer() {
        assert_eq!(answer("{\"a\":1}\n{\"a\":2}\r\nbye\n\n"), Some(json!({"a": 2})));
        assert_eq!(answer("no\nJSON\n"), None);
        assert_eq!(answer(""), None);
    }

    #[test]
    fn a_fragment_behind_a_cut_is_never_the_answer() {
        assert_eq!(answer("{\"a\":1}\n{\"b\":\n\x0042"), Some(json!({"a": 1})));
    }
}

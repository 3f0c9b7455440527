//! What a run was worth: its exit held against the agent's promise.

use entities::execution::{self, State};
use entities::id::ExecutionId;
use jobs::{JobError, Settled};
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};

use crate::json::{holds_nul, shortened, without_nul};
use crate::json_schema::JsonSchema;
use crate::ports::sandbox::{Ending, Exit, Failure, FailureCode};

/// Failures that say nothing about the agent: the queue or the engine gave up. Beside them stand the codes of [`FailureCode`].
pub const OUR_FAILURES: [&str; 2] = ["infrastructure", "quarantined"];

const MESSAGE_CHARS_MAX: usize = 2_000;

/// Whether a failure is ours and not the agent's.
pub fn is_ours(code: Option<&str>) -> bool {
    code.is_some_and(|code| OUR_FAILURES.contains(&code))
}

/// How an execution ends.
#[derive(Debug)]
pub enum Verdict {
    Succeeded { output: Value },
    Failed { code: String, message: String },
    Cancelled,
}

impl Verdict {
    /// Hold an exit against the output schema. It takes a processor for a while: hold no transaction meanwhile.
    pub fn of(exit: &Exit, schema: &JsonSchema) -> Self {
        match (&exit.ending, &exit.output) {
            (Ending::Cancelled, _) => Self::Cancelled,
            (Ending::Failed(failure), _) => Self::failed(failure),
            (Ending::Completed, None) => {
                Self::failed(&Failure::new(FailureCode::NoOutput, "the agent wrote neither a line of JSON nor /output/output.json"))
            }
            (Ending::Completed, Some(output)) if holds_nul(output) => Self::failed(&Failure::new(
                FailureCode::OutputNotJson,
                "the output contains the character NUL (\\u0000), which cannot be stored",
            )),
            (Ending::Completed, Some(output)) => match schema.errors(output, "").as_slice() {
                [] => Self::Succeeded { output: output.clone() },
                errors => {
                    let places: Vec<_> = errors.iter().take(5).map(|error| format!("at `{}`: {}", error.pointer, error.detail)).collect();
                    let message = format!("the output does not meet the output schema: {}", places.join("; "));
                    Self::failed(&Failure::new(FailureCode::OutputSchema, message))
                }
            },
        }
    }

    pub fn failed(failure: &Failure) -> Self {
        Self::Failed { code: code_text(failure.code), message: shortened(&without_nul(&failure.message), MESSAGE_CHARS_MAX) }
    }

    /// What was between us and the agent is to blame.
    pub fn infrastructure(because: &str) -> Self {
        let message = format!("the run could not be carried out: {because}");
        Self::Failed { code: "infrastructure".into(), message: shortened(&without_nul(&message), MESSAGE_CHARS_MAX) }
    }

    pub fn state(&self) -> State {
        match self {
            Self::Succeeded { .. } => State::Succeeded,
            Self::Failed { .. } => State::Failed,
            Self::Cancelled => State::Cancelled,
        }
    }

    /// The columns that say so.
    pub fn columns(&self) -> execution::ActiveModel {
        let row = execution::ActiveModel {
            state: Set(self.state()),
            waiting_for: Set(None),
            waiting_since: Set(None),
            ..execution::ActiveModel::default()
        };
        match self {
            Self::Succeeded { output } => execution::ActiveModel { output: Set(Some(output.clone())), ..row },
            Self::Failed { code, message } => {
                execution::ActiveModel { failure_code: Set(Some(code.clone())), failure_message: Set(Some(message.clone())), ..row }
            }
            Self::Cancelled => row,
        }
    }

    /// How the job ends with it.
    pub fn settled(self, id: ExecutionId) -> Settled {
        match self {
            Self::Succeeded { output } => Settled::Succeeded(result_of(id, Some(&output))),
            Self::Failed { code, message } => Settled::Failed(JobError { code, message }),
            Self::Cancelled => Settled::Cancelled,
        }
    }
}

/// The result of the job of a run that succeeded.
pub fn result_of(id: ExecutionId, output: Option<&Value>) -> Value {
    json!({ "execution_id": id, "output": output })
}

fn code_text(code: FailureCode) -> String {
    match serde_json::to_value(code) {
        Ok(Value::String(text)) => text,
        _ => "unknown".into(),
    }
}

//! What a handler's error means for its job. The only place where workers decide whether to come back.

use std::time::Duration;

use domain::{Class, Fault};
use jobs::{JobError, Outcome};

/// How long a job waits for something that is away. It costs nothing and is tried for ever.
pub const AWAY: Duration = Duration::from_secs(5);
/// The longest pause of [`after_trouble`].
const AWAY_MAX: Duration = Duration::from_mins(5);

/// The pause of a job that has been in trouble for so long: half of that again, so that what is ill is asked less and less often.
#[must_use]
pub fn after_trouble(lasted: Duration) -> Duration {
    (lasted / 2).clamp(AWAY, AWAY_MAX)
}

/// What a handler answers: an outcome, or an error that becomes one.
pub type Handled = Result<Outcome, Failure>;

/// An error of the domain on its way to the queue.
#[derive(Debug)]
pub struct Failure(Outcome);

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}

impl<F: Fault> From<F> for Failure {
    fn from(fault: F) -> Self {
        let error = JobError::new(fault.code(), with_causes(&fault));
        Self(match fault.class() {
            Class::Unavailable | Class::Limited => Outcome::Snoozed { delay: AWAY, why: error.message },
            Class::Conflict | Class::Bug => Outcome::Errored(error),
            Class::Invalid | Class::Missing | Class::Forbidden | Class::Refused => Outcome::Failed(error),
        })
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("it is so")]
    struct It(Class);

    impl Fault for It {
        fn class(&self) -> Class {
            self.0
        }

        fn code(&self) -> &'static str {
            "it"
        }
    }

    #[test]
    fn pauses_grow_with_the_trouble_up_to_a_bound() {
        let mut lasted = Duration::ZERO;
        let pauses = std::iter::repeat_with(|| {
            let pause = after_trouble(lasted);
            lasted += pause;
            pause.as_secs()
        });
        assert_eq!(pauses.take(12).collect::<Vec<_>>(), [5, 5, 5, 7, 11, 16, 25, 37, 56, 85, 128, 192]);
        assert_eq!(after_trouble(Duration::from_hours(1)), AWAY_MAX);
    }

    #[test]
    fn what_is_away_is_waited_for_and_what_is_wrong_stays_wrong() {
        assert!(matches!(Failure::from(It(Class::Unavailable)).into(), Outcome::Snoozed { .. }));
        assert!(matches!(Failure::from(It(Class::Bug)).into(), Outcome::Errored(_)));
        assert!(matches!(Failure::from(It(Class::Missing)).into(), Outcome::Failed(_)));
    }
}

//! What an attack found out.

use std::fmt::Display;
use std::io;

#[derive(Debug)]
pub struct Verdict {
    pub contained: bool,
    pub detail: String,
}

impl Verdict {
    pub fn contained(detail: impl Display) -> Self {
        Self { contained: true, detail: detail.to_string() }
    }

    pub fn escaped(detail: impl Display) -> Self {
        Self { contained: false, detail: detail.to_string() }
    }

    /// Contained when every try was refused.
    pub fn of_tries<T>(tries: impl IntoIterator<Item = (impl Display, io::Result<T>)>) -> Self {
        let (mut contained, mut details) = (true, Vec::new());
        for (name, result) in tries {
            contained &= result.is_err();
            details.push(match result {
                Ok(_) => format!("{name}: ALLOWED"),
                Err(error) => format!("{name}: {error}"),
            });
        }
        Self { contained, detail: details.join("; ") }
    }
}

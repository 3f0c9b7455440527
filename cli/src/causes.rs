//! An error with all its causes.

use std::error::Error;

/// The error and its causes in one line. Some libraries say their cause in their own words, too: nothing is said twice.
pub fn in_one_line(error: &(dyn Error + 'static)) -> String {
    let mut said = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !said.ends_with(&words) {
            said = format!("{said}: {words}");
        }
        source = cause.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{says}")]
    struct Told {
        says: &'static str,
        source: Option<Box<Told>>,
    }

    #[test]
    fn every_cause_is_told_once() {
        let deepest = Told { says: "refused", source: None };
        let repeats = Told { says: "no connection: refused", source: Some(Box::new(deepest)) };
        let error = Told { says: "the database is away", source: Some(Box::new(repeats)) };
        assert_eq!(in_one_line(&error), "the database is away: no connection: refused");
    }
}

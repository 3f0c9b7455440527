//! Numbers that a setting may be.

use super::{Config, Place};

/// A setting with which its member could not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{section}.{field} is {given}; it has to be {least} … {most}", written(place.as_ref()))]
pub struct OutOfRange {
    /// Where it was written, when that is known.
    pub place: Option<Place>,
    pub section: &'static str,
    pub field: &'static str,
    pub given: u64,
    pub least: u64,
    pub most: u64,
}

fn written(place: Option<&Place>) -> String {
    place.map(|place| format!("{place}: ")).unwrap_or_default()
}

impl OutOfRange {
    /// The same with the place where the setting was written.
    #[must_use]
    pub fn written_in(self, config: &Config) -> Self {
        let place = config.place(self.section, self.field).cloned();
        Self { place, ..self }
    }
}

/// Look at fields of a section, each with its number, the least and the most that it may be.
///
/// # Errors
/// The first that is out of its range.
pub fn in_range<const N: usize>(section: &'static str, fields: [(&'static str, u64, u64, u64); N]) -> Result<(), OutOfRange> {
    match fields.into_iter().find(|(_, given, least, most)| !(*least..=*most).contains(given)) {
        Some((field, given, least, most)) => Err(OutOfRange { place: None, section, field, given, least, most }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_number_out_of_its_range_is_refused_by_name() {
        assert_eq!(in_range("jobs", [("a_max", 1, 1, 3), ("b_max", 3, 1, 3)]), Ok(()));
        let refused = in_range("jobs", [("a_max", 2, 1, 3), ("b_max", 4, 1, 3), ("c_max", 0, 1, 3)]);
        let refused = refused.unwrap_err();
        assert_eq!(refused.to_string(), "jobs.b_max is 4; it has to be 1 … 3");
        let environment = BTreeMap::from([("TALLYMAN_JOBS_B_MAX".to_owned(), "4".to_owned())]);
        let config = Config::from_parts(None, &environment, &["jobs"]).expect("the variable is a setting");
        assert_eq!(refused.written_in(&config).to_string(), "TALLYMAN_JOBS_B_MAX: jobs.b_max is 4; it has to be 1 … 3");
    }
}

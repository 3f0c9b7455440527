//! What is wrong with a configuration, in words that lead back to what somebody has written.

use std::path::PathBuf;

use super::nearest;
use super::value::ValueError;

/// Where a setting was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A variable of the environment, as it was spelled: `PORT`, `TALLYMAN_API_PORT`.
    Variable(String),
    /// The configuration file.
    File(PathBuf),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Variable(name) => f.write_str(name),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Place {
    /// How a field of the section is written at this sort of place.
    fn spelling(&self, section: &str, field: &str) -> String {
        match self {
            Self::Variable(_) => nearest::variable(section, field),
            Self::File(_) => format!("`{field}`"),
        }
    }
}

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the configuration file {}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{} is not TOML made of [sections]", path.display())]
    NotToml { path: PathBuf, source: Box<toml::de::Error> },
    #[error("{place}: {reason} (section [{section}], field `{field}`)")]
    Value { place: Place, section: String, field: String, reason: String },
    #[error("{place}: section [{section}] has no field `{field}`; {advice}")]
    UnknownField { place: Place, section: String, field: String, advice: String },
    #[error("section [{section}]: {reason}. Fields may be set in the file or as TALLYMAN_{}_<FIELD>", section.to_uppercase())]
    Section { section: String, reason: String },
    #[error("no section is named [{section}]; there are: {known}")]
    UnknownSection { section: String, known: String },
    #[error("{variable} is no setting; {advice}Settings are TALLYMAN_<SECTION>_<FIELD>, with the sections {known}")]
    UnknownVariable { variable: String, advice: String, known: String },
}

impl ConfigError {
    /// One field of a section cannot be read.
    pub(super) fn of_field(place: &Place, section: &str, field: &str, error: &ValueError) -> Self {
        let (place, section, field) = (place.clone(), section.to_owned(), field.to_owned());
        let Some(known) = error.known_fields() else {
            return Self::Value { place, section, field, reason: error.to_string() };
        };
        let advice = match nearest::of(&field, known.iter().copied()) {
            Some(alike) => format!("did you mean {}?", place.spelling(&section, alike)),
            None => format!("there are: {}", known.join(", ")),
        };
        Self::UnknownField { place, section, field, advice }
    }

    /// A variable that begins like ours and is none. `rest` is its name in lower case without `TALLYMAN_`.
    pub(super) fn of_variable(variable: &str, rest: &str, known_sections: &[&str]) -> Self {
        let advice = nearest::setting(rest, known_sections).map(|alike| format!("did you mean {alike}? ")).unwrap_or_default();
        Self::UnknownVariable { variable: variable.to_owned(), advice, known: known_sections.join(", ") }
    }
}

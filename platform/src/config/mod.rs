//! Settings: read once, at the start, from an optional TOML file and the environment; checked whole; refused with the name of what is wrong.
//!
//! Each member owns a `Settings` struct with defaults and `deny_unknown_fields`. Section `jobs`, field `lease_seconds`
//! is `[jobs] lease_seconds = 15` in the file, `TALLYMAN_JOBS_LEASE_SECONDS=15` in the environment, and the environment wins.
//! The short names that people know (`PORT`, `DATABASE_URL`, …) stand in one table, [`aliases::ALIASES`].

mod aliases;
mod hidden;
mod range;
mod value;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::de::value::MapDeserializer;
use value::Raw;

pub use aliases::ALIASES;
pub use hidden::Hidden;
pub use range::{OutOfRange, in_range};

/// What is read elsewhere: by this module, by the Compose file, by the tests.
const READ_ELSEWHERE: [&str; 3] = ["TALLYMAN_CONFIG", "TALLYMAN_VERSION", "TALLYMAN_TEST_RUN"];
/// What a cluster sets for each of its services, of which one may be named `tallyman`.
const SET_BY_CLUSTERS: [&str; 2] = ["TALLYMAN_SERVICE_", "TALLYMAN_PORT_"];

/// All that was said about the configuration, by section.
#[derive(Debug, Default)]
pub struct Config {
    sections: BTreeMap<String, BTreeMap<String, Raw>>,
}

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the configuration file {}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{} is not TOML made of [sections]", path.display())]
    NotToml { path: PathBuf, source: Box<toml::de::Error> },
    #[error("section [{section}]: {reason}. Fields may be set in the file or as TALLYMAN_{}_<FIELD>", section.to_uppercase())]
    Section { section: String, reason: String },
    #[error("no section is named [{section}]; there are: {known}")]
    UnknownSection { section: String, known: String },
    #[error("{variable} is no setting; did you mean {nearest}? Settings are TALLYMAN_<SECTION>_<FIELD>, with the sections {known}")]
    UnknownVariable { variable: String, nearest: String, known: String },
}

impl Config {
    /// Read the file that `TALLYMAN_CONFIG` names, if it does, and the environment of the process.
    ///
    /// # Errors
    /// When the file cannot be read or is not TOML, or a `TALLYMAN_…` variable names no section.
    pub fn load(known_sections: &[&str]) -> Result<Self, ConfigError> {
        #[expect(clippy::disallowed_methods, reason = "this is the door that the ban points to")]
        let environment: BTreeMap<String, String> = std::env::vars().collect();
        let file = environment.get("TALLYMAN_CONFIG").map(PathBuf::from);
        Self::from_parts(file.as_deref(), &environment, known_sections)
    }

    /// The same from given parts.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn from_parts(file: Option<&Path>, environment: &BTreeMap<String, String>, known_sections: &[&str]) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        if let Some(path) = file {
            config.read_file(path)?;
        }
        for (variable, section, field) in ALIASES {
            if let Some(text) = environment.get(*variable) {
                config.set(section, field, Raw::Text(text.clone()));
            }
        }
        for (variable, text) in environment {
            let Some(rest) = variable.strip_prefix("TALLYMAN_") else { continue };
            let rest = rest.to_lowercase();
            // The longest name wins: `api_keys` has `api` in it.
            let names = |section: &&&str| rest.strip_prefix(**section).is_some_and(|field| field.starts_with('_'));
            let section = known_sections.iter().filter(names).max_by_key(|section| section.len());
            match section {
                Some(section) => config.set(section, &rest[section.len() + 1..], Raw::Text(text.clone())),
                None if is_for_others(variable, text) => {}
                None => {
                    let (nearest, known) = (nearest(&rest, known_sections), known_sections.join(", "));
                    return Err(ConfigError::UnknownVariable { variable: variable.clone(), nearest, known });
                }
            }
        }
        match config.sections.keys().find(|section| !known_sections.contains(&section.as_str())) {
            Some(section) => Err(ConfigError::UnknownSection { section: section.clone(), known: known_sections.join(", ") }),
            None => Ok(config),
        }
    }

    /// One member's settings.
    ///
    /// # Errors
    /// When a field is unknown, or its value is not of its type.
    pub fn section<T: DeserializeOwned>(&self, section: &str) -> Result<T, ConfigError> {
        let fields = self.sections.get(section).cloned().unwrap_or_default();
        let read = |fields: BTreeMap<String, Raw>| T::deserialize(MapDeserializer::<_, value::ValueError>::new(fields.into_iter()));
        read(fields.clone()).map_err(|reason| {
            // Every field has a default, so the one that cannot be read alone is the wrong one.
            let wrong = fields.into_iter().find(|field| read(BTreeMap::from([field.clone()])).is_err());
            let name = wrong.map(|(name, _)| format!("field `{name}`: ")).unwrap_or_default();
            ConfigError::Section { section: section.to_owned(), reason: format!("{name}{reason}") }
        })
    }

    fn read_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let tables: BTreeMap<String, BTreeMap<String, toml::Value>> =
            toml::from_str(&text).map_err(|source| ConfigError::NotToml { path: path.to_owned(), source: Box::new(source) })?;
        for (section, fields) in tables {
            for (field, value) in fields {
                self.set(&section, &field, Raw::Toml(value));
            }
        }
        Ok(())
    }

    fn set(&mut self, section: &str, field: &str, value: Raw) {
        self.sections.entry(section.to_owned()).or_default().insert(field.to_owned(), value);
    }
}

fn is_for_others(variable: &str, text: &str) -> bool {
    let is_short_name = ALIASES.iter().any(|(short, ..)| *short == variable);
    let is_of_a_cluster =
        SET_BY_CLUSTERS.iter().any(|start| variable.starts_with(start)) || (variable == "TALLYMAN_PORT" && text.contains("://"));
    is_short_name || is_of_a_cluster || READ_ELSEWHERE.contains(&variable)
}

/// The variable of the section whose name begins most as this one does, with the same field.
fn nearest(rest: &str, known_sections: &[&str]) -> String {
    let in_common = |section: &str| section.bytes().zip(rest.bytes()).take_while(|(a, b)| a == b).count();
    let alike = known_sections.iter().copied().filter(|section| in_common(section) > 0);
    let section = alike.max_by_key(|section| in_common(section)).unwrap_or("<section>");
    let words = section.split('_').count();
    let field = rest.splitn(words + 1, '_').nth(words).unwrap_or("<field>");
    format!("TALLYMAN_{}_{}", section.to_uppercase(), field.to_uppercase())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Api {
        port: u16,
        host: String,
        trusted_proxies: Vec<String>,
        public_url: Option<String>,
    }

    fn config(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let environment: BTreeMap<_, _> = pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Config::from_parts(None, &environment, &["api", "jobs"])
    }

    #[test]
    fn the_short_name_and_the_long_name_set_the_same_field() -> Result<(), ConfigError> {
        let short: Api = config(&[("PORT", "9000"), ("HOST", "0.0.0.0")])?.section("api")?;
        let long: Api = config(&[("TALLYMAN_API_PORT", "9000"), ("TALLYMAN_API_HOST", "0.0.0.0")])?.section("api")?;
        assert_eq!(short, long);
        assert_eq!((short.port, short.host.as_str()), (9000, "0.0.0.0"));
        Ok(())
    }

    #[test]
    fn a_list_is_separated_by_commas_and_a_number_may_be_a_text() -> Result<(), ConfigError> {
        let api: Api = config(&[("TALLYMAN_API_TRUSTED_PROXIES", "10.0.0.1, 10.0.0.2"), ("TALLYMAN_API_HOST", "127")])?.section("api")?;
        assert_eq!(api.trusted_proxies, ["10.0.0.1", "10.0.0.2"]);
        assert_eq!(api.host, "127");
        Ok(())
    }

    #[test]
    fn a_wrong_value_and_an_unknown_field_are_named() {
        let wrong = config(&[("PORT", "many")]).and_then(|c| c.section::<Api>("api")).unwrap_err().to_string();
        assert!(["[api]", "`port`", "`many`"].iter().all(|word| wrong.contains(word)), "{wrong}");
        let unknown = config(&[("TALLYMAN_API_PROT", "1")]).and_then(|c| c.section::<Api>("api")).unwrap_err().to_string();
        assert!(unknown.contains("prot"), "{unknown}");
    }

    #[test]
    fn a_variable_of_no_section_is_refused_with_the_nearest_one() {
        for (variable, nearest) in [
            ("TALLYMAN_JOB_LEASE_SECONDS", "TALLYMAN_JOBS_LEASE_SECONDS"),
            ("TALLYMAN_APIS_PORT", "TALLYMAN_API_PORT"),
            ("TALLYMAN_JOBS", "TALLYMAN_JOBS_<FIELD>"),
        ] {
            let refused = config(&[(variable, "1")]).unwrap_err().to_string();
            assert!([variable, nearest, "api, jobs"].iter().all(|word| refused.contains(word)), "{refused}");
        }
    }

    #[test]
    fn what_others_read_or_set_is_left_to_them() {
        let others = [
            ("TALLYMAN_CONFIG", "x"),
            ("TALLYMAN_SUPERVISOR", "/x"),
            ("TALLYMAN_VERSION", "1"),
            ("TALLYMAN_TEST_RUN", "/tmp"),
            ("TALLYMAN_SERVICE_HOST", "10.0.0.1"),
            ("TALLYMAN_PORT", "tcp://10.0.0.1:8080"),
            ("TALLYMAN_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ];
        for other in others {
            assert!(!matches!(config(&[other]), Err(ConfigError::UnknownVariable { .. })), "{other:?}");
        }
        assert!(config(&[("TALLYMAN_PORT", "9000")]).is_err(), "that is PORT, or TALLYMAN_API_PORT");
    }
}

//! Settings: read once, at the start, from an optional TOML file and the environment; checked whole; refused with the name of what is wrong.
//!
//! Each member owns a `Settings` struct with defaults and `deny_unknown_fields`. Section `jobs`, field `lease_seconds`
//! is `[jobs] lease_seconds = 15` in the file, `TALLYMAN_JOBS_LEASE_SECONDS=15` in the environment, and the environment wins.
//! The short names that people know (`PORT`, `DATABASE_URL`, …) stand in one table, [`aliases::ALIASES`].

mod aliases;
mod error;
mod hidden;
mod nearest;
mod range;
mod value;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::de::value::MapDeserializer;
use value::{Raw, ValueError};

pub use aliases::ALIASES;
pub use error::{ConfigError, Place};
pub use hidden::Hidden;
pub use range::{OutOfRange, in_range};

/// What is read elsewhere: by this module, by the Compose file, by the tests.
const READ_ELSEWHERE: [&str; 3] = ["TALLYMAN_CONFIG", "TALLYMAN_VERSION", "TALLYMAN_TEST_RUN"];
/// What a cluster sets for each of its services, of which one may be named `tallyman`.
const SET_BY_CLUSTERS: [&str; 2] = ["TALLYMAN_SERVICE_", "TALLYMAN_PORT_"];

/// All that was said about the configuration, by section.
#[derive(Debug, Default)]
pub struct Config {
    sections: BTreeMap<String, BTreeMap<String, Setting>>,
}

/// What one field was set to, and where.
#[derive(Debug, Clone)]
struct Setting {
    value: Raw,
    place: Place,
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
                config.set(section, field, Setting::of_variable(variable, text));
            }
        }
        for (variable, text) in environment {
            let Some(rest) = variable.strip_prefix("TALLYMAN_") else { continue };
            let rest = rest.to_lowercase();
            // The longest name wins: `api_keys` has `api` in it.
            let names = |section: &&&str| rest.strip_prefix(**section).is_some_and(|field| field.starts_with('_'));
            let section = known_sections.iter().filter(names).max_by_key(|section| section.len());
            match section {
                Some(section) => config.set(section, &rest[section.len() + 1..], Setting::of_variable(variable, text)),
                None if is_for_others(variable, text) => {}
                None => return Err(ConfigError::of_variable(variable, &rest, known_sections)),
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
        let read = |fields: BTreeMap<String, Raw>| T::deserialize(MapDeserializer::<_, ValueError>::new(fields.into_iter()));
        let values = fields.iter().map(|(name, setting)| (name.clone(), setting.value.clone())).collect();
        read(values).map_err(|whole| {
            // Every field has a default, so the one that cannot be read alone is the wrong one.
            let wrong = fields.iter().find_map(|(name, Setting { value, place })| {
                let error = read(BTreeMap::from([(name.clone(), value.clone())])).err()?;
                Some(ConfigError::of_field(place, section, name, &error))
            });
            wrong.unwrap_or_else(|| ConfigError::Section { section: section.to_owned(), reason: whole.to_string() })
        })
    }

    /// Where a field was set, if it was.
    #[must_use]
    pub fn place(&self, section: &str, field: &str) -> Option<&Place> {
        Some(&self.sections.get(section)?.get(field)?.place)
    }

    fn read_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let tables: BTreeMap<String, BTreeMap<String, toml::Value>> =
            toml::from_str(&text).map_err(|source| ConfigError::NotToml { path: path.to_owned(), source: Box::new(source) })?;
        for (section, fields) in tables {
            for (field, value) in fields {
                self.set(&section, &field, Setting { value: Raw::Toml(value), place: Place::File(path.to_owned()) });
            }
        }
        Ok(())
    }

    fn set(&mut self, section: &str, field: &str, setting: Setting) {
        self.sections.entry(section.to_owned()).or_default().insert(field.to_owned(), setting);
    }
}

impl Setting {
    fn of_variable(variable: &str, text: &str) -> Self {
        Self { value: Raw::Text(text.to_owned()), place: Place::Variable(variable.to_owned()) }
    }
}

fn is_for_others(variable: &str, text: &str) -> bool {
    let is_short_name = ALIASES.iter().any(|(short, ..)| *short == variable);
    let is_of_a_cluster =
        SET_BY_CLUSTERS.iter().any(|start| variable.starts_with(start)) || (variable == "TALLYMAN_PORT" && text.contains("://"));
    is_short_name || is_of_a_cluster || READ_ELSEWHERE.contains(&variable)
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
    fn a_wrong_value_is_told_by_the_name_that_was_typed() {
        for (variable, value) in [("PORT", "many"), ("TALLYMAN_API_PORT", "70000")] {
            let wrong = config(&[(variable, value)]).and_then(|c| c.section::<Api>("api")).unwrap_err().to_string();
            assert_eq!(wrong, format!("{variable}: `{value}` is not a value of type u16 (section [api], field `port`)"));
        }
        let set = config(&[("PORT", "9000")]).unwrap();
        assert_eq!((set.place("api", "port"), set.place("api", "host")), (Some(&Place::Variable("PORT".into())), None));
    }

    #[test]
    fn an_unknown_field_is_told_with_the_nearest_one() {
        let refused = |variable| config(&[(variable, "1")]).and_then(|c| c.section::<Api>("api")).unwrap_err().to_string();
        assert!(refused("TALLYMAN_API_POTR").ends_with("did you mean TALLYMAN_API_PORT?"), "{}", refused("TALLYMAN_API_POTR"));
        let foreign = refused("TALLYMAN_API_COLOUR");
        assert!(foreign.starts_with("TALLYMAN_API_COLOUR: ") && foreign.contains("port, host, trusted_proxies"), "{foreign}");
    }

    #[test]
    fn a_variable_of_no_section_is_refused_with_the_nearest_setting() {
        for (variable, nearest) in [
            ("TALLYMAN_JOB_LEASE_SECONDS", "did you mean TALLYMAN_JOBS_LEASE_SECONDS?"),
            ("TALLYMAN_APIS_PORT", "did you mean TALLYMAN_API_PORT?"),
            ("TALLYMAN_JOBS", "did you mean TALLYMAN_JOBS_<FIELD>?"),
            ("TALLYMAN_PORT", "did you mean PORT?"),
            ("TALLYMAN_FOO", "Settings are TALLYMAN_<SECTION>_<FIELD>"),
        ] {
            let refused = config(&[(variable, "1")]).unwrap_err().to_string();
            assert!([variable, nearest, "api, jobs"].iter().all(|word| refused.contains(word)), "{refused}");
        }
        let foreign = config(&[("TALLYMAN_FOO", "1")]).unwrap_err().to_string();
        assert!(!foreign.contains("did you mean"), "nothing is like it: {foreign}");
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

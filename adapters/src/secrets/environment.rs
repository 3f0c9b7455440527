//! Secrets that stand in the settings: in the environment, or in the configuration file.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::secrets::{Secret, Secrets, SecretsError};

/// The names that the product asks for, and the beginnings of those that end in a number. Anything else in the section is a slip of the pen.
const KNOWN: [&str; 2] = ["treasury", "fee_payer"];
const NUMBERED: [&str; 1] = ["sealing_v"];

/// Secrets of the settings; whatever they do not name is asked of somebody else.
pub struct EnvironmentSecrets {
    given: BTreeMap<String, Secret>,
    otherwise: Arc<dyn Secrets>,
}

/// A setting of the section `secrets` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GivenError {
    #[error("section [secrets]: there is no secret `{name}`; there are `sealing_v1`, `treasury` and `fee_payer`")]
    Unknown { name: String },
    #[error("section [secrets], whose `sealing_v1` is also SEALING_SECRET")]
    Weak(#[from] SecretsError),
}

impl EnvironmentSecrets {
    /// # Errors
    /// When a name is none of the product's, or a secret is too weak.
    pub fn new(given: &BTreeMap<String, String>, otherwise: Arc<dyn Secrets>) -> Result<Self, GivenError> {
        let read = |(name, text): (&String, &String)| {
            let numbered = |start: &&str| name.strip_prefix(*start).is_some_and(|version| version.parse::<u32>().is_ok());
            if !KNOWN.contains(&name.as_str()) && !NUMBERED.iter().any(numbered) {
                return Err(GivenError::Unknown { name: name.clone() });
            }
            Ok((name.clone(), Secret::new(name, text)?))
        };
        Ok(Self { given: given.iter().map(read).collect::<Result<_, _>>()?, otherwise })
    }
}

#[async_trait]
impl Secrets for EnvironmentSecrets {
    async fn secret(&self, name: &str) -> Result<Secret, SecretsError> {
        match self.given.get(name) {
            Some(secret) => Ok(secret.clone()),
            None => self.otherwise.secret(name).await,
        }
    }
}

//! Secrets that every test knows.

use async_trait::async_trait;
use domain::ports::secrets::{Secret, Secrets, SecretsError};

/// Every name has a secret, the same in every test.
#[derive(Debug, Default)]
pub struct FakeSecrets;

#[async_trait]
impl Secrets for FakeSecrets {
    async fn secret(&self, name: &str) -> Result<Secret, SecretsError> {
        Secret::new(name, &format!("every test of the house knows what opens {name}"))
    }
}

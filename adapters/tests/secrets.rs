//! Where secrets come from, and where they may not come from.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use adapters::secrets::{EnvironmentSecrets, FileSecrets};
use domain::ports::secrets::{Secrets as _, SecretsError};
use platform::SystemRng;

const GIVEN: &str = "d8Vb0xR2xq6yF1m7s9KJpQzLw3TnHgEaUcYoIiBvXW4=";

#[tokio::test]
async fn development_makes_a_secret_once_and_keeps_it_to_itself() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("secrets");
    let open = || FileSecrets::new(folder.clone(), Some(Arc::new(SystemRng)));
    let first = open().secret("sealing_v1").await.unwrap();
    assert_eq!(open().secret("sealing_v1").await.unwrap(), first);
    assert_ne!(open().secret("sealing_v2").await.unwrap(), first);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join("sealing_v1"))), (0o700, 0o600));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2, "no draft is left");
}

#[tokio::test]
async fn production_is_given_its_secret_or_does_without() {
    let data = tempfile::tempdir().unwrap();
    let files = FileSecrets::new(data.path().to_owned(), None);
    let missing = files.secret("sealing_v1").await.unwrap_err();
    assert!(matches!(&missing, SecretsError::Missing { .. }) && missing.to_string().contains("TALLYMAN_SECRETS_SEALING_V1"), "{missing}");
    std::fs::write(data.path().join("sealing_v1"), "changeme\n").unwrap();
    assert!(matches!(files.secret("sealing_v1").await, Err(SecretsError::Weak { .. })));
    std::fs::write(data.path().join("sealing_v1"), format!("{GIVEN}\n")).unwrap();
    assert_eq!(files.secret("sealing_v1").await.unwrap().bytes(), GIVEN.as_bytes());
    assert!(matches!(files.secret("../sealing_v1").await, Err(SecretsError::Unavailable { .. })));
}

#[tokio::test]
async fn what_the_settings_name_wins_over_the_file() {
    let data = tempfile::tempdir().unwrap();
    let files = || Arc::new(FileSecrets::new(data.path().to_owned(), Some(Arc::new(SystemRng))));
    let given = |name: &str, text: &str| BTreeMap::from([(name.to_owned(), text.to_owned())]);
    let secrets = EnvironmentSecrets::new(&given("sealing_v1", GIVEN), files()).unwrap();
    assert_eq!(secrets.secret("sealing_v1").await.unwrap().bytes(), GIVEN.as_bytes());
    assert_ne!(secrets.secret("sealing_v2").await.unwrap().bytes(), GIVEN.as_bytes());
    assert!(EnvironmentSecrets::new(&given("sealing_v1", "short"), files()).is_err());
    let slip = EnvironmentSecrets::new(&given("saeling_v1", GIVEN), files()).err().unwrap().to_string();
    assert!(slip.contains("saeling_v1") && !slip.contains(GIVEN), "{slip}");
}

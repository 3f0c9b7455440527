//! Secrets in files, one each, readable by their owner only: in the data directory, or wherever an orchestrator mounts them.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::secrets::{Secret, Secrets, SecretsError};
use platform::Rng;

/// Reads `<folder>/<name>`. Development makes a secret that is not there; production is given it.
pub struct FileSecrets {
    folder: PathBuf,
    /// Whence a secret is made up, where one may be.
    makes: Option<Arc<dyn Rng>>,
}

impl FileSecrets {
    #[must_use]
    pub fn new(folder: PathBuf, makes: Option<Arc<dyn Rng>>) -> Self {
        Self { folder, makes }
    }

    fn read(&self, name: &str) -> Result<Secret, SecretsError> {
        let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        let path = self.folder.join(name);
        let unreadable = |reason: String| SecretsError::Unavailable { name: name.to_owned(), reason };
        if !plain {
            return Err(unreadable("a secret's name has lower case letters, digits and _".into()));
        }
        let text = match (fs::read_to_string(&path), &self.makes) {
            (Ok(text), _) => text,
            (Err(error), Some(rng)) if error.kind() == ErrorKind::NotFound => {
                make(&path, &**rng).and_then(|()| fs::read_to_string(&path)).map_err(|error| unreadable(error.to_string()))?
            }
            (Err(error), _) if error.kind() == ErrorKind::NotFound => {
                let advice = format!(
                    "set TALLYMAN_SECRETS_{}, or write it to {} (`openssl rand -base64 32`); production does not make one up",
                    name.to_uppercase(),
                    path.display()
                );
                return Err(SecretsError::Missing { name: name.to_owned(), advice });
            }
            (Err(error), _) => return Err(unreadable(format!("{}: {error}", path.display()))),
        };
        Secret::new(name, &text)
    }
}

/// Write a new secret. Of two processes that start together one wins, and both read the winner's.
fn make(path: &Path, rng: &dyn Rng) -> std::io::Result<()> {
    let mut bytes = [0; 32];
    rng.fill(&mut bytes);
    let text = bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let draft = path.with_extension(format!("{}-{}", std::process::id(), &text[..8]));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let linked = file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[async_trait]
impl Secrets for FileSecrets {
    async fn secret(&self, name: &str) -> Result<Secret, SecretsError> {
        self.read(name)
    }
}

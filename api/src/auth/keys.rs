//! The keys of access tokens. One signs; the next one and the one before are accepted as well, so that processes change keys one at a
//! time. Development makes its own on the first start; production is given one.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _};
use jsonwebtoken::{DecodingKey, EncodingKey};
use platform::Rng;
use sha2::{Digest as _, Sha256};

/// An Ed25519 key pair with the name by which tokens call it.
#[derive(Clone)]
pub struct SigningKey {
    pub(super) encoding: EncodingKey,
    public: PublicKey,
}

/// What checks the tokens of one key.
#[derive(Clone)]
pub struct PublicKey {
    kid: String,
    /// The key itself, base64url without padding.
    x: String,
    pub(super) decoding: DecodingKey,
}

/// The keys beside the signing one as the settings name them. Absent ones are looked for in the data directory.
#[derive(Debug, Clone, Copy, Default)]
pub struct OtherKeys<'a> {
    /// Will sign next; public or private.
    pub staged: Option<&'a str>,
    /// Signed before; public or private.
    pub retired: Option<&'a str>,
}

/// There is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the signing key is not an Ed25519 private key in PKCS#8 PEM; make one with `openssl genpkey -algorithm ed25519`")]
    Malformed(#[source] ed25519_dalek::pkcs8::Error),
    #[error("there is no signing key: set JWT_SIGNING_KEY, or put one at {}; production does not make one up", path.display())]
    Missing { path: PathBuf },
    #[error("cannot use the signing key at {}", path.display())]
    File { path: PathBuf, source: std::io::Error },
}

impl SigningKey {
    /// The key of the settings, else the one in the data directory. Only with `may_make` a missing file is made.
    ///
    /// # Errors
    /// When there is no key, or it cannot be read.
    pub fn load(setting: Option<&str>, data_dir: &Path, rng: &dyn Rng, may_make: bool) -> Result<Self, KeyError> {
        let path = file(data_dir, "jwt-ed25519.pem");
        match text_of(setting, &path)? {
            Some(pem) => Self::of_pem(&pem),
            None if !may_make => Err(KeyError::Missing { path }),
            None => {
                make(&path, rng)?;
                Self::of_pem(&text_of(None, &path)?.ok_or(KeyError::Missing { path })?)
            }
        }
    }

    #[must_use]
    pub fn kid(&self) -> &str {
        &self.public.kid
    }

    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.public.clone()
    }

    fn of_pem(pem: &str) -> Result<Self, KeyError> {
        let key = ed25519_dalek::SigningKey::from_pkcs8_pem(pem.trim()).map_err(KeyError::Malformed)?;
        let der = key.to_pkcs8_der().map_err(KeyError::Malformed)?;
        Ok(Self { encoding: EncodingKey::from_ed_der(der.as_bytes()), public: PublicKey::of(&key.verifying_key()) })
    }
}

impl PublicKey {
    /// The staged and the retired key, as far as there are any.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn others(named: OtherKeys<'_>, data_dir: &Path) -> Result<Vec<Self>, KeyError> {
        let pems = [(named.staged, "jwt-ed25519.staged.pem"), (named.retired, "jwt-ed25519.retired.pem")];
        let read = pems.into_iter().map(|(setting, name)| text_of(setting, &file(data_dir, name)));
        read.filter_map(Result::transpose).map(|pem| Self::of_pem(&pem?)).collect()
    }

    /// The name by which tokens call the key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The key itself, as a JWK spells it (RFC 8037 § 2).
    #[must_use]
    pub fn x(&self) -> &str {
        &self.x
    }

    fn of(key: &VerifyingKey) -> Self {
        let kid = Sha256::digest(key.as_bytes()).iter().take(8).fold(String::new(), |kid, byte| format!("{kid}{byte:02x}"));
        Self { kid, x: URL_SAFE_NO_PAD.encode(key.as_bytes()), decoding: DecodingKey::from_ed_der(key.as_bytes()) }
    }

    /// A private key stands for its public one.
    fn of_pem(pem: &str) -> Result<Self, KeyError> {
        match VerifyingKey::from_public_key_pem(pem.trim()) {
            Ok(key) => Ok(Self::of(&key)),
            Err(_) => SigningKey::of_pem(pem).map(|key| key.public),
        }
    }
}

fn file(data_dir: &Path, name: &str) -> PathBuf {
    data_dir.join("keys").join(name)
}

/// What the setting says, else what the file holds, if it is there.
fn text_of(setting: Option<&str>, path: &Path) -> Result<Option<String>, KeyError> {
    if let Some(pem) = setting {
        // A variable of the environment often has its line breaks escaped.
        return Ok(Some(pem.replace("\\n", "\n")));
    }
    match fs::read_to_string(path) {
        Ok(pem) => Ok(Some(pem)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeyError::File { path: path.to_owned(), source }),
    }
}

/// Write a new key. Of two processes that start together one wins, and both read the winner's.
fn make(path: &Path, rng: &dyn Rng) -> Result<(), KeyError> {
    let mut seed = [0; 32];
    rng.fill(&mut seed);
    let pem = ed25519_dalek::SigningKey::from_bytes(&seed).to_pkcs8_pem(LineEnding::LF).map_err(KeyError::Malformed)?;
    let of_file = |source| KeyError::File { path: path.to_owned(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(of_file)?;
    let draft = folder.join(format!(".jwt-{}.pem", std::process::id()));
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(of_file)?;
    file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()).map_err(of_file)?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft).map_err(of_file)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(of_file(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use platform::SystemRng;

    use super::*;

    #[test]
    fn development_makes_a_key_once_and_keeps_it_to_itself() {
        let data = tempfile::tempdir().unwrap();
        let first = SigningKey::load(None, data.path(), &SystemRng, true).unwrap();
        let second = SigningKey::load(None, data.path(), &SystemRng, true).unwrap();
        assert_eq!(first.kid(), second.kid());
        let file = data.path().join("keys/jwt-ed25519.pem");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let pem = fs::read_to_string(&file).unwrap().replace('\n', "\\n");
        let elsewhere = tempfile::tempdir().unwrap();
        let given = SigningKey::load(Some(&pem), elsewhere.path(), &SystemRng, false).unwrap();
        assert_eq!(given.kid(), first.kid());
    }

    #[test]
    fn production_does_not_make_a_key_up() {
        let data = tempfile::tempdir().unwrap();
        assert!(matches!(SigningKey::load(None, data.path(), &SystemRng, false), Err(KeyError::Missing { .. })));
        assert!(matches!(SigningKey::load(Some("secret"), data.path(), &SystemRng, false), Err(KeyError::Malformed(_))));
    }
}

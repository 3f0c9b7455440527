//! The keys of access tokens. One signs; the next one and the one before are accepted as well, so that processes change keys one at a
//! time. Development makes its own on the first start; production is given one.
//!
//! A key is an Ed25519 key in PEM, or a secret of which one is made: whoever has the same secret has the same key. Nothing is signed with a
//! shared secret itself (HS256), because whoever checks such a token can make one.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ports::secrets::{Secret, SecretsError};
use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _};
use hmac::{Hmac, Mac as _};
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
    /// Will sign next; public or private, or a secret.
    pub staged: Option<&'a str>,
    /// Signed before; public or private, or a secret.
    pub retired: Option<&'a str>,
}

/// There is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the signing key is not an Ed25519 private key in PKCS#8 PEM; make one with `openssl genpkey -algorithm ed25519`")]
    Malformed(#[source] ed25519_dalek::pkcs8::Error),
    #[error(
        "there is no signing key: set JWT_SIGNING_KEY (`openssl genpkey -algorithm ed25519`) or JWT_SECRET (`openssl rand -base64 32`), \
         or put a key at {}; production does not make one up",
        path.display()
    )]
    Missing { path: PathBuf },
    #[error(transparent)]
    Weak(#[from] SecretsError),
    #[error("cannot use the signing key at {}", path.display())]
    File { path: PathBuf, source: std::io::Error },
}

impl SigningKey {
    /// The key of the settings, else the one in the data directory. Only with `may_make`, which is development, a missing file is made, and
    /// a weak secret taken.
    ///
    /// # Errors
    /// When there is no key, it cannot be read, or others may know the secret of which it is made.
    pub fn load(setting: Option<&str>, data_dir: &Path, rng: &dyn Rng, may_make: bool) -> Result<Self, KeyError> {
        let path = file(data_dir, "jwt-ed25519.pem");
        match text_of(setting, &path)? {
            Some(pem) if is_pem(&pem) => Self::of_pem(&pem),
            Some(secret) => Self::of_secret_if_good(&secret, may_make),
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

    /// The key that a secret stands for.
    fn of_secret(secret: &str) -> Result<Self, KeyError> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(secret.trim().as_bytes()).unwrap_or_else(|_| unreachable!("HMAC takes keys of every length"));
        mac.update(b"tallyman: the Ed25519 key of access tokens");
        Self::of(&ed25519_dalek::SigningKey::from_bytes(&mac.finalize().into_bytes().into()))
    }

    /// Development takes a secret that others may know, and says so.
    fn of_secret_if_good(secret: &str, may_be_weak: bool) -> Result<Self, KeyError> {
        match check_secret(secret) {
            Err(weak) if may_be_weak => {
                tracing::warn!(error = %weak, "a key of access tokens is one that others may know; production refuses it");
                Self::of_secret(secret)
            }
            checked => checked.and_then(|()| Self::of_secret(secret)),
        }
    }

    fn of_pem(pem: &str) -> Result<Self, KeyError> {
        Self::of(&ed25519_dalek::SigningKey::from_pkcs8_pem(pem.trim()).map_err(KeyError::Malformed)?)
    }

    fn of(key: &ed25519_dalek::SigningKey) -> Result<Self, KeyError> {
        let der = key.to_pkcs8_der().map_err(KeyError::Malformed)?;
        Ok(Self { encoding: EncodingKey::from_ed_der(der.as_bytes()), public: PublicKey::of(&key.verifying_key()) })
    }
}

impl PublicKey {
    /// The staged and the retired key, as far as there are any. Only with `may_be_weak`, which is development, they may be made of weak secrets.
    ///
    /// # Errors
    /// When one of them cannot be read, or others may know it.
    pub fn others(named: OtherKeys<'_>, data_dir: &Path, may_be_weak: bool) -> Result<Vec<Self>, KeyError> {
        let pems = [(named.staged, "jwt-ed25519.staged.pem"), (named.retired, "jwt-ed25519.retired.pem")];
        let read = pems.into_iter().map(|(setting, name)| text_of(setting, &file(data_dir, name)));
        read.filter_map(Result::transpose).map(|text| Self::of_text(&text?, may_be_weak)).collect()
    }

    /// The name by which tokens call the key: its thumbprint (RFC 7638), so that everybody who has the key comes to the same name.
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
        let x = URL_SAFE_NO_PAD.encode(key.as_bytes());
        Self { kid: thumbprint(&x), x, decoding: DecodingKey::from_ed_der(key.as_bytes()) }
    }

    /// A private key, or a secret, stands for its public key.
    fn of_text(text: &str, may_be_weak: bool) -> Result<Self, KeyError> {
        if !is_pem(text) {
            return SigningKey::of_secret_if_good(text, may_be_weak).map(|key| key.public);
        }
        match VerifyingKey::from_public_key_pem(text.trim()) {
            Ok(key) => Ok(Self::of(&key)),
            Err(_) => SigningKey::of_pem(text).map(|key| key.public),
        }
    }
}

/// SHA-256 over the required members in their order (RFC 7638 § 3, RFC 8037 § 2).
fn thumbprint(x: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)))
}

fn file(data_dir: &Path, name: &str) -> PathBuf {
    data_dir.join("keys").join(name)
}

fn is_pem(text: &str) -> bool {
    text.trim_start().starts_with("-----BEGIN")
}

/// # Errors
/// When others may know it.
fn check_secret(text: &str) -> Result<(), KeyError> {
    Ok(Secret::new("JWT_SECRET", text).map(drop)?)
}

/// Whether the keys that the settings name can be used; missing ones are no fault here.
///
/// # Errors
/// As [`SigningKey::load`] in production.
pub fn check_given(signing: Option<&str>) -> Result<(), KeyError> {
    match signing {
        Some(text) if !is_pem(text) => check_secret(text),
        _ => Ok(()),
    }
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

    /// The example of RFC 8037, appendix A.3.
    #[test]
    fn a_key_is_called_by_its_thumbprint() {
        assert_eq!(thumbprint("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn production_does_not_make_a_key_up() {
        let data = tempfile::tempdir().unwrap();
        assert!(matches!(SigningKey::load(None, data.path(), &SystemRng, false), Err(KeyError::Missing { .. })));
        let given = |text: &str| SigningKey::load(Some(text), data.path(), &SystemRng, false);
        assert!(matches!(given("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"), Err(KeyError::Malformed(_))));
        assert!(matches!(given("your_jwt_secret_here"), Err(KeyError::Weak(_))));
    }

    #[test]
    fn whoever_has_the_same_secret_has_the_same_key() {
        let data = tempfile::tempdir().unwrap();
        let given = |text: &str| SigningKey::load(Some(text), data.path(), &SystemRng, false).unwrap();
        let (one, other) = ("d8Vb0xR2xq6yF1m7s9KJpQzLw3TnHgEaUcYoIiBvXW4=", "oU2v8mHc0TqYw5sGk1RbXf7DzLj9NeAi3WpE4rQhZMk=");
        assert_eq!(given(one).kid(), given(&format!("{one}\n")).kid());
        assert_ne!(given(one).kid(), given(other).kid());
        let staged = PublicKey::others(OtherKeys { staged: Some(other), retired: None }, data.path(), false).unwrap();
        assert_eq!(staged[0].kid(), given(other).kid());
    }

    #[test]
    fn development_takes_weak_secrets_for_all_of_its_keys_and_production_for_none() {
        let data = tempfile::tempdir().unwrap();
        for (is_development, named) in [(true, "staged"), (true, "retired"), (false, "staged"), (false, "retired")] {
            let weak = |which: &str| (named == which).then_some("dev");
            let others = PublicKey::others(OtherKeys { staged: weak("staged"), retired: weak("retired") }, data.path(), is_development);
            assert_eq!(others.is_ok(), is_development, "{named}");
            assert!(is_development || matches!(others, Err(KeyError::Weak(_))));
        }
        assert!(SigningKey::load(Some("dev"), data.path(), &SystemRng, true).is_ok());
        assert!(SigningKey::load(Some("dev"), data.path(), &SystemRng, false).is_err());
    }
}

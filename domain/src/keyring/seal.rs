//! The sealed form: what is encrypted, with which key, bound to what.

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use entities::Sealed;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{KeyringError, Place, Purpose};

pub const NONCE_BYTES: usize = 12;
const SALT: &[u8] = b"tallyman";

pub type Key = Zeroizing<[u8; 32]>;

pub fn derive(purpose: Purpose, secret: &[u8]) -> Key {
    let mut key = Zeroizing::new([0; 32]);
    // Only a length of more than 255 hashes is refused, and a key is one.
    let _ = Hkdf::<Sha256>::new(Some(SALT), secret).expand(purpose.name().as_bytes(), key.as_mut());
    key
}

pub fn seal(
    purpose: Purpose,
    version: u32,
    key: &Key,
    nonce: [u8; NONCE_BYTES],
    place: &Place,
    plain: &[u8],
) -> Result<Sealed, KeyringError> {
    let aad = associated(purpose, version, place);
    let encrypted = cipher(key).encrypt(&nonce.into(), Payload { msg: plain, aad: &aad });
    let encrypted = encrypted.map_err(|_| KeyringError::TooLarge { bytes: plain.len() })?;
    let body = [nonce.as_slice(), &encrypted].concat();
    Ok(Sealed::from_text(format!("tk:{}:v{version}:{}", purpose.name(), STANDARD.encode(body))))
}

/// The version that the value says it was sealed with.
pub fn version(purpose: Purpose, sealed: &Sealed) -> Result<u32, KeyringError> {
    parts(purpose, sealed).map(|(version, _)| version)
}

pub fn open(purpose: Purpose, version: u32, key: &Key, place: &Place, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
    let (_, body) = parts(purpose, sealed)?;
    let closed = || KeyringError::Closed { table: place.table, column: place.column, row: place.row.clone() };
    let (nonce, encrypted) = body.split_first_chunk::<NONCE_BYTES>().ok_or_else(closed)?;
    let aad = associated(purpose, version, place);
    let plain = cipher(key).decrypt(nonce.into(), Payload { msg: encrypted, aad: &aad });
    plain.map(Zeroizing::new).map_err(|_| closed())
}

fn cipher(key: &Key) -> Aes256Gcm {
    let key: &[u8; 32] = key;
    Aes256Gcm::new(key.into())
}

fn parts(purpose: Purpose, sealed: &Sealed) -> Result<(u32, Vec<u8>), KeyringError> {
    let malformed = || KeyringError::Malformed { purpose: purpose.name() };
    let mut parts = sealed.as_str().splitn(4, ':');
    let (head, named, version, body) = (parts.next(), parts.next(), parts.next(), parts.next());
    if head != Some("tk") || named != Some(purpose.name()) {
        return Err(malformed());
    }
    let version = version.and_then(|version| version.strip_prefix('v')?.parse().ok()).ok_or_else(malformed)?;
    let body = body.and_then(|body| STANDARD.decode(body).ok()).ok_or_else(malformed)?;
    Ok((version, body))
}

fn associated(purpose: Purpose, version: u32, place: &Place) -> Vec<u8> {
    format!("{}|{}|{}|{}|{version}", purpose.name(), place.table, place.row, place.column).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(row: &str) -> Place {
        Place { table: "mails", row: row.into(), column: "content" }
    }

    #[test]
    fn a_value_opens_at_its_place_and_nowhere_else() -> Result<(), KeyringError> {
        let key = derive(Purpose::Mail, b"a secret");
        let sealed = seal(Purpose::Mail, 1, &key, [7; NONCE_BYTES], &place("a"), b"123456")?;
        assert!(sealed.as_str().starts_with("tk:mail:v1:") && !sealed.as_str().contains("123456"));
        assert_eq!(format!("{sealed:?}"), "tk:mail:v1:…");
        assert_eq!(version(Purpose::Mail, &sealed)?, 1);
        assert_eq!(open(Purpose::Mail, 1, &key, &place("a"), &sealed)?.as_slice(), b"123456");
        assert!(matches!(open(Purpose::Mail, 1, &key, &place("b"), &sealed), Err(KeyringError::Closed { .. })), "another row");
        assert!(matches!(open(Purpose::Mail, 2, &key, &place("a"), &sealed), Err(KeyringError::Closed { .. })), "another version");
        let other = derive(Purpose::Mail, b"another secret");
        assert!(matches!(open(Purpose::Mail, 1, &other, &place("a"), &sealed), Err(KeyringError::Closed { .. })));
        assert!(matches!(open(Purpose::WebhookSecret, 1, &key, &place("a"), &sealed), Err(KeyringError::Malformed { .. })));
        assert_ne!(derive(Purpose::WebhookSecret, b"a secret"), key, "each purpose has a key of its own");
        Ok(())
    }

    #[test]
    fn a_value_that_was_changed_does_not_open() -> Result<(), KeyringError> {
        let key = derive(Purpose::Mail, b"a secret");
        let sealed = seal(Purpose::Mail, 1, &key, [7; NONCE_BYTES], &place("a"), b"123456")?;
        let (head, body) = sealed.as_str().rsplit_once(':').unwrap_or_default();
        let bytes = STANDARD.decode(body).unwrap_or_default();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let changed = Sealed::from_text(format!("{head}:{}", STANDARD.encode(changed)));
            assert!(open(Purpose::Mail, 1, &key, &place("a"), &changed).is_err(), "byte {at}");
        }
        for wrong in ["", "123456", "tk:mail", "tk:mail:1:AAAA", "tk:mail:v1:!", "tk:mail:v1:AAAA", "kr:mail:v1:AAAA"] {
            assert!(open(Purpose::Mail, 1, &key, &place("a"), &Sealed::from_text(wrong.into())).is_err(), "{wrong}");
        }
        Ok(())
    }
}

//! Key pairs as operators keep them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::ports::secrets::{Secrets, SecretsError};
use solana_sdk::signature::Keypair;
use solana_sdk::signer::Signer as _;

/// A key pair that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the key `{name}` cannot be had")]
    Secret { name: &'static str, source: SecretsError },
    #[error(
        "the secret `{name}` is no key pair: give 32 bytes in hexadecimal or base64 (`openssl rand -base64 32`), \
         or the 64 bytes of a wallet as `solana-keygen` or a wallet's export writes them"
    )]
    Form { name: &'static str },
}

pub async fn load(secrets: &dyn Secrets, name: &'static str) -> Result<Keypair, KeyError> {
    let secret = secrets.secret(name).await.map_err(|source| KeyError::Secret { name, source })?;
    read(secret.bytes()).ok_or(KeyError::Form { name })
}

fn read(text: &[u8]) -> Option<Keypair> {
    let text = str::from_utf8(text).ok()?;
    let from_seed = |seed: Vec<u8>| Some(Keypair::new_from_array(seed.try_into().ok()?));
    if text.starts_with('[') {
        return of_pair(&serde_json::from_str::<Vec<u8>>(text).ok()?);
    }
    match text.len() {
        64 => from_seed(hex::decode(text).ok()?),
        44 => from_seed(BASE64.decode(text).ok()?),
        _ => of_pair(&bs58::decode(text).into_vec().ok()?),
    }
}

/// The private half, when the public one belongs to it.
fn of_pair(bytes: &[u8]) -> Option<Keypair> {
    let (private, public) = bytes.split_first_chunk::<32>()?;
    let key = Keypair::new_from_array(*private);
    (key.pubkey().as_array() == public).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_is_read_from_every_form_and_half_of_another_from_none() {
        let key = Keypair::new_from_array([7; 32]);
        let pair = key.to_bytes();
        let list = serde_json::to_string(&pair.to_vec()).expect("it is JSON");
        for form in [hex::encode([7; 32]), BASE64.encode([7; 32]), list, bs58::encode(pair).into_string()] {
            assert_eq!(read(form.as_bytes()).map(|key| key.pubkey()), Some(key.pubkey()), "{form}");
        }
        let mut wrong = pair;
        wrong[63] ^= 1;
        assert!(read(bs58::encode(wrong).into_string().as_bytes()).is_none());
        assert!(read(b"[1,2,3]").is_none());
        assert!(read("é".repeat(32).as_bytes()).is_none());
    }
}

//! What an access token says, and who may say it: JWT (RFC 7519) signed with Ed25519 (RFC 8037).

use std::sync::Arc;
use std::time::Duration;

use domain::Caller;
use domain::accounts::{Credential, Role};
use domain::entities::Address;
use domain::entities::id::{SignInId, UserId};
use jsonwebtoken::{Algorithm, Header, Validation};
use platform::Clock;
use serde::{Deserialize, Serialize};

use super::{PublicKey, SigningKey};
use crate::problem::{INVALID_TOKEN, Problem};

/// What a token says about its bearer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user again, where every reader of tokens looks for it.
    pub sub: UserId,
    pub user_id: UserId,
    pub role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wallet: Option<Address>,
    /// The sign-in that it belongs to. A token that was issued at the shell has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<SignInId>,
    /// Seconds since 1970.
    pub iat: i64,
    pub exp: i64,
}

impl Claims {
    #[must_use]
    pub fn credential(&self) -> Credential {
        self.sid.map_or(Credential::Issued, Credential::SignIn)
    }
}

/// Makes and checks access tokens. Cheap to clone.
#[derive(Clone)]
pub struct Tokens {
    key: Arc<SigningKey>,
    /// Ours, the next one, and the one before.
    accepted: Arc<[PublicKey]>,
    clock: Arc<dyn Clock>,
}

/// A token could not be signed; claims that are no JSON would be the only reason.
#[derive(Debug, thiserror::Error)]
#[error("cannot sign an access token")]
pub struct SignError(#[from] jsonwebtoken::errors::Error);

impl Tokens {
    /// Sign with this key, and accept what it has signed.
    #[must_use]
    pub fn new(key: SigningKey, clock: Arc<dyn Clock>) -> Self {
        let accepted = Arc::new([key.public()]);
        Self { key: Arc::new(key), accepted, clock }
    }

    /// Accept what these keys have signed as well: the one that will sign next, and the one that did before.
    #[must_use]
    pub fn accepting(self, others: Vec<PublicKey>) -> Self {
        let others = others.into_iter().filter(|other| other.kid() != self.key.public().kid());
        let accepted = self.accepted.iter().cloned().chain(others).collect();
        Self { accepted, ..self }
    }

    /// All keys whose tokens are accepted, the signing one first.
    #[must_use]
    pub fn accepted(&self) -> &[PublicKey] {
        &self.accepted
    }

    /// A signed token.
    ///
    /// # Errors
    /// When the claims cannot be written.
    pub fn issue(&self, caller: &Caller, lifetime: Duration) -> Result<String, SignError> {
        let now = self.clock.now().timestamp();
        let lifetime = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX / 2);
        let claims = Claims {
            sub: caller.user_id,
            user_id: caller.user_id,
            role: caller.role,
            wallet: caller.wallet,
            sid: caller.sign_in(),
            iat: now,
            exp: now.saturating_add(lifetime),
        };
        let header = Header { kid: Some(self.key.kid().to_owned()), ..Header::new(Algorithm::EdDSA) };
        Ok(jsonwebtoken::encode(&header, &claims, &self.key.encoding)?)
    }

    /// What a token says, if it is ours and not over.
    ///
    /// # Errors
    /// 401 "Invalid token".
    pub fn check(&self, token: &str) -> Result<Claims, Problem> {
        let refuse = || Problem::new(&INVALID_TOKEN).because("this is no access token of ours; sign in again");
        let header = jsonwebtoken::decode_header(token).map_err(|_| refuse())?;
        let named = self.accepted.iter().find(|key| header.kid.as_deref() == Some(key.kid()));
        let key = named.ok_or_else(refuse)?;
        // The library would ask the machine's clock; ours is a port.
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        let claims = jsonwebtoken::decode::<Claims>(token, &key.decoding, &validation).map_err(|_| refuse())?.claims;
        if claims.exp <= self.clock.now().timestamp() {
            return Err(refuse().because("the token is over; sign in again"));
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use platform::{ManualClock, SystemClock, SystemRng};

    use super::*;

    fn tokens(folder: &tempfile::TempDir, clock: Arc<ManualClock>) -> Tokens {
        Tokens::new(SigningKey::load(None, folder.path(), &SystemRng, true).unwrap(), clock)
    }

    #[test]
    fn a_token_is_good_until_it_is_over_and_for_its_own_issuer_only() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let ours = tokens(&here, Arc::clone(&clock));
        let user = UserId::from(uuid::Uuid::from_u128(7));
        let token = ours.issue(&Caller::new(user, Role::Observer), Duration::from_mins(15)).unwrap();
        let claims = ours.check(&token).unwrap();
        assert_eq!((claims.user_id, claims.role), (user, Role::Observer));
        assert!(tokens(&there, Arc::clone(&clock)).check(&token).is_err(), "signed by somebody else");
        let (head, signature) = token.rsplit_once('.').unwrap();
        assert!(ours.check(&format!("{head}.{}", signature.chars().rev().collect::<String>())).is_err(), "a forged signature");
        assert!(ours.check("eyJhbGciOiJub25lIn0.e30.").is_err(), "no signature at all");
        clock.advance(Duration::from_mins(15));
        assert!(ours.check(&token).is_err(), "over");
    }

    /// Two processes in the middle of a change of keys: one signs with the new key already, the other still with the old one.
    #[test]
    fn keys_change_without_a_token_being_refused() {
        let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let key = |folder: &tempfile::TempDir| SigningKey::load(None, folder.path(), &SystemRng, true).unwrap();
        assert_ne!(key(&old).kid(), key(&new).kid());
        std::fs::copy(new.path().join("keys/jwt-ed25519.pem"), old.path().join("keys/jwt-ed25519.staged.pem")).unwrap();
        std::fs::copy(old.path().join("keys/jwt-ed25519.pem"), new.path().join("keys/jwt-ed25519.retired.pem")).unwrap();
        let process = |folder: &tempfile::TempDir| {
            let others = PublicKey::others(super::super::OtherKeys::default(), folder.path(), false).unwrap();
            tokens(folder, Arc::clone(&clock)).accepting(others)
        };
        let (before, after) = (process(&old), process(&new));
        let caller = Caller::new(UserId::from(uuid::Uuid::from_u128(7)), Role::Operator);
        let [by_old, by_new] = [&before, &after].map(|signs| signs.issue(&caller, Duration::from_mins(15)).unwrap());
        for tokens in [&before, &after] {
            assert!(tokens.check(&by_old).is_ok() && tokens.check(&by_new).is_ok());
        }
        std::fs::remove_file(new.path().join("keys/jwt-ed25519.retired.pem")).unwrap();
        assert!(process(&new).check(&by_old).is_err(), "retired and taken away");
    }

    /// The classic confusions (RFC 8725 § 2.1): another algorithm, and our public key taken for a shared secret.
    #[test]
    fn only_one_algorithm_signs_tokens() {
        let here = tempfile::tempdir().unwrap();
        let ours = tokens(&here, Arc::new(ManualClock::at(SystemClock.now())));
        let token = ours.issue(&Caller::new(UserId::from(uuid::Uuid::from_u128(7)), Role::Architect), Duration::from_mins(15)).unwrap();
        let claims: serde_json::Value = jsonwebtoken::dangerous::insecure_decode(&token).unwrap().claims;
        let kid = Some(ours.accepted()[0].kid().to_owned());
        for secret in [ours.accepted()[0].x().as_bytes(), b"secret", b""] {
            let header = Header { kid: kid.clone(), ..Header::new(Algorithm::HS256) };
            let forged = jsonwebtoken::encode(&header, &claims, &jsonwebtoken::EncodingKey::from_secret(secret)).unwrap();
            assert!(ours.check(&forged).is_err());
        }
    }
}

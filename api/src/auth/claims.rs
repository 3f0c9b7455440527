//! What an access token says, and who may say it: JWT (RFC 7519) signed with Ed25519 (RFC 8037).

use std::sync::Arc;
use std::time::Duration;

use domain::entities::id::UserId;
use domain::entities::user::Role;
use jsonwebtoken::{Algorithm, Header, Validation};
use platform::Clock;
use serde::{Deserialize, Serialize};

use super::SigningKey;
use crate::problem::{INVALID_TOKEN, Problem};

/// What a token says about its bearer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub user_id: UserId,
    pub role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wallet: Option<String>,
    /// Seconds since 1970.
    pub iat: i64,
    pub exp: i64,
}

/// Makes and checks access tokens. Cheap to clone.
#[derive(Clone)]
pub struct Tokens {
    key: Arc<SigningKey>,
    clock: Arc<dyn Clock>,
}

/// A token could not be signed; claims that are no JSON would be the only reason.
#[derive(Debug, thiserror::Error)]
#[error("cannot sign an access token")]
pub struct SignError(#[from] jsonwebtoken::errors::Error);

impl Tokens {
    #[must_use]
    pub fn new(key: SigningKey, clock: Arc<dyn Clock>) -> Self {
        Self { key: Arc::new(key), clock }
    }

    /// A signed token.
    ///
    /// # Errors
    /// When the claims cannot be written.
    pub fn issue(&self, user_id: UserId, role: Role, wallet: Option<String>, lifetime: Duration) -> Result<String, SignError> {
        let now = self.clock.now().timestamp();
        let lifetime = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX / 2);
        let claims = Claims { user_id, role, wallet, iat: now, exp: now + lifetime };
        let header = Header { kid: Some(self.key.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        Ok(jsonwebtoken::encode(&header, &claims, &self.key.encoding)?)
    }

    /// What a token says, if it is ours and not over.
    ///
    /// # Errors
    /// 401 "Invalid token".
    pub fn check(&self, token: &str) -> Result<Claims, Problem> {
        let refuse = || Problem::new(&INVALID_TOKEN);
        let header = jsonwebtoken::decode_header(token).map_err(|_| refuse())?;
        if header.kid.as_deref() != Some(self.key.kid.as_str()) {
            return Err(refuse());
        }
        // The library would ask the machine's clock; ours is a port.
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        let claims = jsonwebtoken::decode::<Claims>(token, &self.key.decoding, &validation).map_err(|_| refuse())?.claims;
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
        let token = ours.issue(user, Role::Observer, None, Duration::from_mins(15)).unwrap();
        let claims = ours.check(&token).unwrap();
        assert_eq!((claims.user_id, claims.role), (user, Role::Observer));
        assert!(tokens(&there, Arc::clone(&clock)).check(&token).is_err(), "signed by somebody else");
        let (head, signature) = token.rsplit_once('.').unwrap();
        assert!(ours.check(&format!("{head}.{}", signature.chars().rev().collect::<String>())).is_err(), "a forged signature");
        assert!(ours.check("eyJhbGciOiJub25lIn0.e30.").is_err(), "no signature at all");
        clock.advance(Duration::from_mins(15));
        assert!(ours.check(&token).is_err(), "over");
    }
}

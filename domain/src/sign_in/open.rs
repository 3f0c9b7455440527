//! A new sign-in, and its secrets.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entities::id::{SignInId, UserId};
use entities::sign_in::{self, Method};
use entities::{Timestamp, refresh_token, user};
use platform::{Rng, Txn};
use sea_orm::{EntityTrait as _, IntoActiveModel as _};
use sha2::{Digest as _, Sha256};

use super::settings::seconds;
use super::{SignInError, SignIns};
use crate::accounts::{Caller, Credential, User, admit};
use crate::context::Domain;

/// 256 bits of chance that open something. Only the hash is stored; it is not printed by accident.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub(crate) fn new(rng: &dyn Rng) -> Self {
        let mut bytes = [0; 32];
        rng.fill(&mut bytes);
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// For its holder.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(crate) fn hash(&self) -> String {
        hash(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// SHA-256: what is hashed has more chance in it than anybody can try.
pub(crate) fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// Somebody is in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub user: User,
    pub sign_in_id: SignInId,
    pub refresh_token: Secret,
    pub refresh_expires_at: Timestamp,
}

impl SignedIn {
    /// Whoever has just signed in, as they come back with an access token.
    #[must_use]
    pub fn caller(&self) -> Caller {
        let credential = Credential::SignIn(self.sign_in_id);
        Caller { user_id: self.user.id, role: self.user.role, wallet: self.user.wallet_address, credential }
    }
}

impl SignIns<'_> {
    /// Sign a user in, whose proof the caller has checked in this transaction.
    ///
    /// # Errors
    /// [`SignInError::Account`] when the user is suspended.
    pub async fn open(&self, txn: &Txn, user: User, method: Method) -> Result<SignedIn, SignInError> {
        admit(&user)?;
        let now = self.domain.now();
        let expires_at = self.ends_at(now);
        let row = sign_in::Model {
            id: self.domain.queue.ids().next(),
            user_id: user.id,
            method,
            cookie_hash: None,
            created_at: now,
            expires_at,
            closed_at: None,
            closed_because: None,
        };
        let (refresh_token, token) = new_token(self.domain, row.id, expires_at);
        let (sign_in_id, refresh_expires_at) = (row.id, token.expires_at);
        sign_in::Entity::insert(row.into_active_model()).exec_without_returning(&**txn).await?;
        refresh_token::Entity::insert(token.into_active_model()).exec_without_returning(&**txn).await?;
        Ok(SignedIn { user, sign_in_id, refresh_token, refresh_expires_at })
    }

    /// When a sign-in that begins now is over, however often it is refreshed.
    pub(super) fn ends_at(self, now: Timestamp) -> Timestamp {
        now.plus(seconds(self.domain.settings.sign_in.sign_in_seconds_max))
    }
}

/// A refresh token more for the sign-in, and its row. It lives no longer than the sign-in does.
pub(super) fn new_token(domain: &Domain, sign_in_id: SignInId, end: Timestamp) -> (Secret, refresh_token::Model) {
    let (secret, created_at) = (Secret::new(&*domain.rng), domain.now());
    let expires_at = created_at.plus(seconds(domain.settings.sign_in.refresh_token_seconds)).min(end);
    let row = refresh_token::Model { token_hash: secret.hash(), sign_in_id, created_at, expires_at, used_at: None };
    (secret, row)
}

/// The user, who has to be there.
pub(super) async fn user_of(txn: &Txn, user_id: UserId) -> Result<User, SignInError> {
    let found = user::Entity::find_by_id(user_id).one(&**txn).await?;
    Ok(found.ok_or(crate::accounts::AccountError::Unknown { user: user_id })?)
}

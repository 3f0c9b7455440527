//! The short way in for a wallet that is known. On PostgreSQL one statement finds its user, uses the nonce up, and writes the sign-in with its
//! first token: one round trip instead of six, for what happens most often. It does all of this or nothing.

use entities::sign_in::Method;
use entities::user::State;
use entities::user_identity::Kind;
use entities::{Address, Timestamp};
use platform::Engine;
use sea_orm::{ConnectionTrait as _, FromQueryResult as _};

use super::open::new_token;
use super::{SignInError, SignIns, SignedIn};
use crate::accounts::User;
use crate::sql::statement;

/// What the long way does step by step: `use_up`, `proved` and `open`, under the same conditions.
const SHORT: &str = "
WITH known AS (
    SELECT u.* FROM user_identities i JOIN users u ON u.id = i.user_id WHERE i.kind = $1 AND i.subject = $2 AND u.state = $3
), used AS (
    UPDATE auth_nonces SET used_at = $4
    WHERE nonce = $5 AND address = $2 AND used_at IS NULL AND expires_at > $4 AND failures < $6 AND EXISTS (SELECT 1 FROM known)
    RETURNING nonce
), opened AS (
    INSERT INTO sign_ins (id, user_id, method, created_at, expires_at) SELECT $7, known.id, $8, $4, $9 FROM known, used RETURNING id
), token AS (
    INSERT INTO refresh_tokens (token_hash, sign_in_id, created_at, expires_at) SELECT $10, opened.id, $4, $11 FROM opened RETURNING token_hash
)
SELECT known.* FROM known, token";

impl SignIns<'_> {
    /// Sign in with a challenge that was found good but for its nonce. `None` when nothing was done, and only the long way tells why: nobody
    /// has the wallet yet, its user is suspended, the nonce is no good, or SQLite answers, where round trips cost nothing.
    pub(super) async fn by_known_wallet(&self, nonce: &str, address: Address) -> Result<Option<SignedIn>, SignInError> {
        let db = &self.domain.db;
        if db.engine() != Engine::Postgres {
            return Ok(None);
        }
        let (sign_in_id, now) = (self.domain.queue.ids().next(), self.domain.now());
        let expires_at: Timestamp = self.ends_at(now);
        let (refresh_token, token) = new_token(self.domain, sign_in_id, expires_at);
        let failures_max = i64::from(self.domain.settings.sign_in.nonce_failures_max);
        let whose = [Kind::Wallet.into(), address.into(), State::Active.into(), now.into(), nonce.into(), failures_max.into()];
        let what = [sign_in_id.into(), Method::Wallet.into(), expires_at.into(), token.token_hash.into(), token.expires_at.into()];
        let row = db.query_one_raw(statement(db.engine(), SHORT, whose.into_iter().chain(what))).await?;
        let user = row.map(|row| User::from_query_result(&row, "")).transpose()?;
        Ok(user.map(|user| SignedIn { user, sign_in_id, refresh_token, refresh_expires_at: token.expires_at }))
    }
}

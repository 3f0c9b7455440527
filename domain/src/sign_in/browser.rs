//! Browsers: a cookie instead of tokens, for as long as the sign-in is open.

use entities::Timestamp;
use entities::id::UserId;
use entities::sign_in;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::open::hash;
use super::{Secret, SignInError, SignIns};
use crate::accounts::{AccountError, Caller, Credential};

/// A browser is in.
#[derive(Debug, Clone)]
pub struct BrowserSession {
    /// For the cookie, and nothing else.
    pub secret: Secret,
    pub expires_at: Timestamp,
}

impl SignIns<'_> {
    /// Give the caller's sign-in a cookie. One that it had before opens nothing any more.
    ///
    /// # Errors
    /// [`AccountError::SignedOut`] when the caller came with a token from the shell, or the sign-in has just been closed.
    pub async fn browser_session(&self, caller: &Caller) -> Result<BrowserSession, SignInError> {
        let id = caller.sign_in().ok_or(SignInError::NoSignIn)?;
        let secret = Secret::new(&*self.domain.rng);
        let txn = self.domain.db.write().await?;
        sign_in::Entity::update_many()
            .col_expr(sign_in::Column::CookieHash, Expr::value(secret.hash()))
            .filter(sign_in::Column::Id.eq(id))
            .filter(sign_in::Column::ClosedAt.is_null())
            .exec(&*txn)
            .await?;
        let row = sign_in::Entity::find_by_id(id).one(&*txn).await?.filter(|row| row.closed_at.is_none());
        let expires_at = row.ok_or(AccountError::SignedOut)?.expires_at;
        txn.commit().await?;
        Ok(BrowserSession { secret, expires_at })
    }

    /// Whose sign-in the cookie stands for. Whether it is still open, [`Accounts::caller`](crate::accounts::Accounts::caller) says.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn by_cookie(&self, secret: &str) -> Result<Option<(UserId, Credential)>, SignInError> {
        let held = sign_in::Entity::find().filter(sign_in::Column::CookieHash.eq(hash(secret)));
        let row = held.one(self.domain.db.connection()).await?;
        Ok(row.map(|row| (row.user_id, Credential::SignIn(row.id))))
    }
}

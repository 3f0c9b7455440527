//! A new pair of tokens for a refresh token (RFC 9700 § 4.14.2: rotation, and what its reuse means).

use entities::{refresh_token, sign_in};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _};

use super::close::{Because, close_one};
use super::open::{hash, new_token, user_of};
use super::{SignInError, SignIns, SignedIn};
use crate::accounts::admit;

impl SignIns<'_> {
    /// Trade a refresh token for the next one. A token that comes a second time closes its sign-in, whoever brought it first: one of the
    /// two is a thief. There is no grace; a client whose answer was lost signs in again.
    ///
    /// # Errors
    /// [`SignInError::RefreshToken`], [`SignInError::RefreshTokenReused`], [`SignInError::Account`] when the user is suspended.
    pub async fn refresh(&self, token: &str) -> Result<SignedIn, SignInError> {
        let (token_hash, now) = (hash(token), self.domain.now());
        let txn = self.domain.db.write().await?;
        let marked = refresh_token::Entity::update_many()
            .col_expr(refresh_token::Column::UsedAt, Expr::value(now))
            .filter(refresh_token::Column::TokenHash.eq(&token_hash))
            .filter(refresh_token::Column::UsedAt.is_null())
            .exec(&*txn)
            .await?;
        let row = refresh_token::Entity::find_by_id(&token_hash).one(&*txn).await?.ok_or(SignInError::RefreshToken)?;
        let family = sign_in::Entity::find_by_id(row.sign_in_id).one(&*txn).await?.ok_or(SignInError::RefreshToken)?;
        if family.closed_at.is_some() || family.expires_at <= now {
            return Err(SignInError::RefreshToken);
        }
        if marked.rows_affected == 0 {
            close_one(self.domain, &txn, &family, Because::RefreshTokenReused).await?;
            txn.commit().await?;
            self.domain.standings.forget(family.user_id);
            tracing::warn!(user.id = %family.user_id, sign_in.id = %family.id, "a refresh token came twice; its sign-in is closed");
            return Err(SignInError::RefreshTokenReused);
        }
        if row.expires_at <= now {
            return Err(SignInError::RefreshToken);
        }
        let user = user_of(&txn, family.user_id).await?;
        admit(&user)?;
        let (refresh_token, row) = new_token(self.domain, family.id, family.expires_at);
        let refresh_expires_at = row.expires_at;
        refresh_token::Entity::insert(row.into_active_model()).exec_without_returning(&*txn).await?;
        txn.commit().await?;
        Ok(SignedIn { user, sign_in_id: family.id, refresh_token, refresh_expires_at })
    }
}

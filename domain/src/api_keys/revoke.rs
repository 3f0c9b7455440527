//! Taking a key back.

use entities::api_key;
use entities::id::{ApiKeyId, UserId};
use platform::Txn;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, QueryFilter as _, QuerySelect as _};

use super::{ApiKeyError, ApiKeys};
use crate::accounts::Caller;
use crate::context::Domain;

impl ApiKeys<'_> {
    /// Take a key back. It opens nothing any more: at once in this process, within `sign_in.standing_ms_max` in every other. Doing it
    /// again changes nothing.
    ///
    /// # Errors
    /// [`ApiKeyError::Missing`] when it is somebody else's, or there is none.
    pub async fn revoke(&self, caller: &Caller, id: ApiKeyId) -> Result<(), ApiKeyError> {
        let txn = self.domain.db.write().await?;
        let owner = revoke_of(self.domain, &txn, id, Some(caller.user_id)).await?;
        owner.ok_or(ApiKeyError::Missing { key: id })?;
        txn.commit().await?;
        self.domain.standings.forget(caller.user_id);
        Ok(())
    }
}

/// Revoke in this transaction. Answers whose key it is; `None` when there is none, or it is not `of`'s. Forget the user's standing after
/// the commit.
pub(crate) async fn revoke_of(domain: &Domain, txn: &Txn, id: ApiKeyId, of: Option<UserId>) -> Result<Option<UserId>, DbErr> {
    let row = api_key::Entity::find_by_id(id).lock_exclusive().one(&**txn).await?;
    let Some(row) = row.filter(|row| of.is_none_or(|user_id| user_id == row.user_id)) else { return Ok(None) };
    api_key::Entity::update_many()
        .col_expr(api_key::Column::RevokedAt, Expr::value(domain.now()))
        .filter(api_key::Column::Id.eq(id))
        .filter(api_key::Column::RevokedAt.is_null())
        .exec(&**txn)
        .await?;
    tracing::info!(api_key.id = %id, user.id = %row.user_id, "revoked a key");
    Ok(Some(row.user_id))
}

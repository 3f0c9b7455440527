//! A new key in the place of an old one.

use std::time::Duration;

use entities::api_key;
use entities::id::ApiKeyId;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::{ApiKeyError, ApiKeys, Issued, NewApiKey, Scopes};
use crate::accounts::Caller;
use crate::fault::FieldError;
use crate::idempotency::{Claim, Once};

impl ApiKeys<'_> {
    /// Make a key like this one, which ends `overlap` from now. A key that ends by itself is followed by one that lives as long as it did.
    ///
    /// # Errors
    /// [`ApiKeyError::Missing`], [`ApiKeyError::Over`], [`ApiKeyError::Fields`] when the overlap is too long.
    pub async fn rotate(
        &self,
        caller: &Caller,
        id: ApiKeyId,
        overlap: Duration,
        claim: Option<&Claim>,
    ) -> Result<Once<Issued>, ApiKeyError> {
        let max = self.domain.settings.api_keys.overlap_seconds_max;
        if overlap > Duration::from_secs(max.into()) {
            let detail = format!("must be at most {max}");
            return Err(ApiKeyError::Fields(vec![FieldError { pointer: "/overlap_seconds".into(), detail }]));
        }
        let issued = self
            .once(claim, async |txn| {
                self.domain.accounts().touch(txn, caller.user_id).await?;
                let now = self.domain.now();
                let row = api_key::Entity::find_by_id(id).one(&**txn).await?;
                let old = row.filter(|row| row.user_id == caller.user_id).ok_or(ApiKeyError::Missing { key: id })?;
                if old.revoked_at.is_some() || old.expires_at.is_some_and(|end| end <= now) {
                    return Err(ApiKeyError::Over { key: id });
                }
                let new = NewApiKey {
                    name: old.name,
                    holder: old.holder,
                    scopes: Scopes::from(old.scopes.as_str()),
                    expires_at: old.expires_at.map(|end| now.plus(end.since(old.created_at))),
                };
                let end = old.expires_at.map_or(now.plus(overlap), |end| end.min(now.plus(overlap)));
                let ended = api_key::Entity::update_many().col_expr(api_key::Column::ExpiresAt, Expr::value(end));
                ended.filter(api_key::Column::Id.eq(id)).exec(&**txn).await?;
                self.insert(txn, caller, new).await
            })
            .await?;
        self.domain.standings.forget(caller.user_id);
        Ok(issued)
    }
}

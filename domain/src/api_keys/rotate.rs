//! A new key in the place of an old one.

use std::time::Duration;

use entities::api_key;
use entities::id::ApiKeyId;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};

use super::create::again;
use super::end::ends_at;
use super::{ApiKeyError, ApiKeys, Issued, NewApiKey, Scopes};
use crate::accounts::Caller;
use crate::fault::FieldError;
use crate::idempotency::{self, Claim, Once};

impl ApiKeys<'_> {
    /// Make a key like this one, which ends `overlap` from now. A key that ends by itself is followed by one that lives as long as it was
    /// meant to. While both are good, both count as live.
    ///
    /// # Errors
    /// [`ApiKeyError::Missing`], [`ApiKeyError::Over`], [`ApiKeyError::TooMany`], [`ApiKeyError::Fields`] when the overlap is too long.
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
        if let Some(earlier) = idempotency::earlier(&self.domain.db, claim).await? {
            return Ok(again(earlier));
        }
        let issued = self
            .once(caller, claim, async |txn, minted| {
                let now = self.domain.now();
                let row = api_key::Entity::find_by_id(id).lock_exclusive().one(&**txn).await?;
                let old = row.filter(|row| row.user_id == caller.user_id).ok_or(ApiKeyError::Missing { key: id })?;
                if ends_at(&old).is_some_and(|end| end <= now) {
                    return Err(ApiKeyError::Over { key: id });
                }
                // Rotating once more never lengthens an overlap.
                let alone_at = old.replaced_at.map_or(now.plus(overlap), |end| end.min(now.plus(overlap)));
                let replaced = api_key::Entity::update_many().col_expr(api_key::Column::ReplacedAt, Expr::value(alone_at));
                replaced.filter(api_key::Column::Id.eq(id)).exec(&**txn).await?;
                self.refuse_too_many(txn, caller).await?;
                let new = NewApiKey {
                    name: old.name,
                    holder: old.holder,
                    scopes: Scopes::from(old.scopes.as_str()),
                    expires_at: old.expires_at.map(|end| now.plus(end.since(old.created_at))),
                };
                self.insert(txn, caller, new, minted).await
            })
            .await?;
        self.domain.standings.forget(caller.user_id);
        Ok(issued)
    }
}

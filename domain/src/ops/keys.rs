//! Other people's keys: looked at, and taken back.

use entities::id::{ApiKeyId, UserId};

use super::once::Done;
use super::{Actor, Ops, OpsError};
use crate::api_keys::{ApiKey, revoke_of};
use crate::idempotency::Claim;
use crate::paging::{Page, PageRequest};

impl Ops<'_> {
    /// The keys of a user, newest first.
    ///
    /// # Errors
    /// When there is no such user.
    pub async fn keys_of(&self, id: UserId, page: &PageRequest) -> Result<Page<ApiKey>, OpsError> {
        self.user(id).await?;
        Ok(self.domain.api_keys().of_user(id, None, page).await?)
    }

    /// Take somebody's key back. Doing it again changes nothing.
    ///
    /// # Errors
    /// When there is no such key.
    pub async fn revoke_key(&self, actor: &Actor, id: ApiKeyId, claim: Option<&Claim>) -> Result<ApiKey, OpsError> {
        self.once(actor, "revoke_key", claim, async |txn| {
            let missing = || OpsError::Missing { noun: "key", name: id.to_string() };
            revoke_of(self.domain, txn, id, None).await?.ok_or_else(missing)?;
            Ok(Done::new((), format!("/v1/ops/keys/{id}")))
        })
        .await?;
        let key = self.domain.api_keys().find(id).await?;
        self.domain.standings.forget(key.user_id);
        Ok(key)
    }
}

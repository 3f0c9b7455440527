//! From the text that somebody shows to the caller who stands behind it.

use std::time::Duration;

use entities::api_key;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::known::Owned;
use super::{ApiKeyError, ApiKeys, KeySecret, Scopes};
use crate::accounts::{Caller, Credential};

impl ApiKeys<'_> {
    /// Whoever holds the key, as long as the key and its user are good. What changes elsewhere counts within
    /// `sign_in.standing_ms_max`, as it does for tokens.
    ///
    /// # Errors
    /// [`ApiKeyError::Unknown`], and [`ApiKeyError::Account`] when the key is over or revoked or its user suspended.
    pub async fn caller(&self, text: &str) -> Result<Caller, ApiKeyError> {
        let secret = KeySecret::parse(text).ok_or(ApiKeyError::Unknown)?;
        let owner = self.owner(self.hash(&secret).await?).await?;
        let credential = Credential::Key(owner.id, owner.scopes);
        let caller = self.domain.accounts().caller(owner.user_id, credential).await?;
        let again = Duration::from_secs(self.domain.settings.api_keys.used_seconds.into());
        self.domain.api_keys_known.used(owner.id, self.domain.now(), again);
        Ok(caller)
    }

    async fn owner(&self, hash: String) -> Result<Owned, ApiKeyError> {
        if let Some(owner) = self.domain.api_keys_known.owner(&hash) {
            return Ok(owner);
        }
        let row = api_key::Entity::find().filter(api_key::Column::Hash.eq(&hash)).one(self.domain.db.connection()).await?;
        let row = row.ok_or(ApiKeyError::Unknown)?;
        let owner = Owned { id: row.id, user_id: row.user_id, scopes: Scopes::from(row.scopes.as_str()) };
        self.domain.api_keys_known.keep(hash, owner);
        Ok(owner)
    }
}

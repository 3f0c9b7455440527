//! Whose a signed request is. The API has checked what was signed; here it is decided whether the key counts and the request is new.

use entities::device_link::{self, State};
use entities::id::{DeviceLinkId, UserId};
use entities::{Address, Timestamp};
use sea_orm::{ConnectionTrait as _, EntityTrait as _};

use super::{DeviceError, Devices};
use crate::accounts::{AccountError, Caller, Credential};
use crate::api_keys::Scopes;
use crate::sql::statement;

/// What a device signs with, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceKey {
    pub link_id: DeviceLinkId,
    pub public_key: Address,
    user_id: UserId,
    scopes: Scopes,
}

/// What makes a signed request different from every other of its device.
#[derive(Debug, Clone)]
pub struct Nonce {
    pub text: String,
    /// After this the request is too old anyway.
    pub expires_at: Timestamp,
}

impl Devices<'_> {
    /// The key of a linked device.
    ///
    /// # Errors
    /// [`DeviceError::Account`] when there is none that counts.
    pub async fn key(&self, link_id: DeviceLinkId) -> Result<DeviceKey, DeviceError> {
        if let Some(key) = self.domain.devices_known.key(link_id) {
            return Ok(key);
        }
        let row = device_link::Entity::find_by_id(link_id).one(self.domain.db.connection()).await?;
        let row = row.filter(|row| row.state == State::Linked).ok_or(AccountError::SignedOut)?;
        let user_id = row.user_id.ok_or(AccountError::SignedOut)?;
        let key = DeviceKey { link_id, public_key: row.public_key, user_id, scopes: Scopes::from(row.scopes.as_str()) };
        self.domain.devices_known.keep(link_id, key);
        Ok(key)
    }

    /// Whoever a request speaks for that this key has signed. The request counts only with its nonce ([`spend`](Self::spend)).
    ///
    /// # Errors
    /// [`DeviceError::Account`] when the device or its user does not count any more.
    pub async fn caller(&self, key: DeviceKey) -> Result<Caller, DeviceError> {
        Ok(self.domain.accounts().caller(key.user_id, Credential::Device(key.link_id, key.scopes)).await?)
    }

    /// Use the nonce up, for the first who brings it. It is a row until the request is too old: count the request before.
    ///
    /// # Errors
    /// [`DeviceError::Replayed`].
    pub async fn spend(&self, link_id: DeviceLinkId, nonce: &Nonce) -> Result<(), DeviceError> {
        let sql = "INSERT INTO request_nonces (link_id, nonce, expires_at) VALUES ($1, $2, $3) ON CONFLICT (link_id, nonce) DO NOTHING";
        let values = [link_id.into(), nonce.text.as_str().into(), nonce.expires_at.into()];
        let db = self.domain.db.single_write().await;
        let taken = db.execute_raw(statement(self.domain.db.engine(), sql, values)).await?.rows_affected();
        if taken == 0 { Err(DeviceError::Replayed) } else { Ok(()) }
    }
}

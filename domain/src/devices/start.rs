//! A device asks to be linked.

use std::time::Duration;

use entities::device_link::{self, State};
use entities::profile::Kind;
use entities::{Address, Timestamp};
use sea_orm::{EntityTrait as _, IntoActiveModel as _};

use super::{DeviceError, Devices, UserCode};
use crate::api_keys::{Scope, Scopes};
use crate::fault::FieldError;
use crate::line;
use crate::sign_in::Secret;

const NAME_CHARS_MAX: usize = 100;

/// What a device says about itself. Nothing of it is believed before somebody has looked at it.
#[derive(Debug, Clone)]
pub struct NewDevice {
    pub kind: Kind,
    /// How it would like to be called. 1 … 100 characters.
    pub name: String,
    /// Ed25519; it proves it when somebody has said yes.
    pub public_key: Address,
}

/// What a device shows, and what it keeps to itself.
#[derive(Debug, Clone)]
pub struct Pairing {
    /// For the device alone: with it, it asks what became of its wish.
    pub device_code: Secret,
    /// For people.
    pub user_code: UserCode,
    pub expires_at: Timestamp,
    /// Between two questions.
    pub poll: Duration,
}

impl Devices<'_> {
    /// Begin a pairing.
    ///
    /// # Errors
    /// [`DeviceError::Name`].
    pub async fn start(&self, new: NewDevice) -> Result<Pairing, DeviceError> {
        if let Some(detail) = line::fault_of(&new.name, NAME_CHARS_MAX) {
            return Err(DeviceError::Name(vec![FieldError { pointer: "/name".into(), detail }]));
        }
        let settings = &self.domain.settings.devices;
        let (device_code, user_code) = (Secret::new(&*self.domain.rng), UserCode::new(&*self.domain.rng));
        let (now, poll) = (self.domain.now(), Duration::from_secs(settings.poll_seconds.into()));
        let expires_at = now.plus(Duration::from_secs(settings.code_seconds.into()));
        let row = device_link::Model {
            id: self.domain.queue.ids().next(),
            kind: new.kind,
            name: new.name,
            public_key: new.public_key,
            state: State::Pending,
            user_id: None,
            profile_id: None,
            scopes: scopes_of(new.kind).to_string(),
            device_code_hash: device_code.hash(),
            user_code_hash: user_code.hash(),
            expires_at,
            poll_ms: i32::try_from(poll.as_millis()).unwrap_or(i32::MAX),
            polled_at: None,
            created_at: now,
            linked_at: None,
            revoked_at: None,
        };
        device_link::Entity::insert(row.into_active_model()).exec_without_returning(&*self.domain.db.single_write().await).await?;
        Ok(Pairing { device_code, user_code, expires_at, poll })
    }
}

/// What a device of that sort may do for its user.
fn scopes_of(kind: Kind) -> Scopes {
    match kind {
        Kind::Agent => [Scope::Read, Scope::Run, Scope::Pay].into_iter().collect(),
        Kind::Vendor => [Scope::Read, Scope::Collect].into_iter().collect(),
    }
}

//! Devices as they stand on the wire.

use domain::devices::{self, DeviceLink, NewDevice, State};
use domain::entities::Timestamp;
use domain::entities::id::DeviceLinkId;
use domain::profiles::Kind;
use poem_openapi::{Enum, Object};

use crate::v1::profiles::ProfileRequest;
use crate::wire::{Id, Time, Wallet};

/// What a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum DeviceType {
    /// Pays for services.
    Agent,
    /// Stands before a vendor's services.
    Gateway,
}

/// Whether what a device signs counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum DeviceState {
    /// Somebody said yes; the device has not proved its key yet.
    Approved,
    Linked,
    Revoked,
}

/// A device that would like to be linked.
#[derive(Debug, Object)]
pub struct LinkRequest {
    r#type: DeviceType,
    /// How it would like to be called, 1 to 100 characters.
    name: String,
    /// Its Ed25519 key.
    public_key: Wallet,
}

/// The words of RFC 8628 § 3.2.
#[derive(Debug, Object)]
pub struct Pairing {
    /// For the device alone.
    device_code: String,
    /// For people to type.
    user_code: String,
    /// Where they type it.
    verification_uri: String,
    /// The same with the code in it.
    verification_uri_complete: String,
    /// Seconds until the code is over.
    expires_in: u32,
    /// Seconds between two questions.
    interval: u32,
}

/// A device that asks what became of its wish.
#[derive(Debug, Object)]
pub struct LinkTokenRequest {
    #[oai(validator(min_length = 16, max_length = 256))]
    pub device_code: String,
    /// The key's signature over `tallyman device link`, a line feed, and the device code; 64 bytes in base58 or base64.
    pub proof: String,
}

/// A device that waits for an answer. What it says about itself is not proved.
#[derive(Debug, Object)]
pub struct WaitingDevice {
    /// For `link_id` of the answer.
    id: Id<DeviceLinkId>,
    r#type: DeviceType,
    name: String,
    public_key: Wallet,
    created_at: Time,
    expires_at: Time,
}

/// Which device it is, and what it is to be called.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ApproveRequest {
    /// The `id` of the device that was looked at: another one that waits with this code meanwhile is not linked. Absent, whichever waits.
    pub link_id: Option<Id<DeviceLinkId>>,
    /// The caller's profile, saved with the answer. Absent, it stays as it is, or is made of the name that the device gave itself.
    pub profile: Option<ProfileRequest>,
}

/// A device that acts for its user.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Device {
    /// For `keyid` of what it signs.
    id: Id<DeviceLinkId>,
    r#type: DeviceType,
    name: String,
    public_key: Wallet,
    state: DeviceState,
    created_at: Time,
    linked_at: Option<Time>,
}

#[derive(Debug, Object)]
pub struct DeviceList {
    pub links: Vec<Device>,
}

impl Pairing {
    pub fn of(pairing: &devices::Pairing, public_url: &str, now: Timestamp) -> Self {
        let seconds = |span: std::time::Duration| u32::try_from(span.as_secs()).unwrap_or(u32::MAX);
        Self {
            device_code: pairing.device_code.reveal().to_owned(),
            user_code: pairing.user_code.to_string(),
            verification_uri: format!("{public_url}/link"),
            verification_uri_complete: format!("{public_url}/link?code={}", pairing.user_code),
            expires_in: seconds(pairing.expires_at.since(now)),
            interval: seconds(pairing.poll),
        }
    }
}

impl From<DeviceType> for Kind {
    fn from(device: DeviceType) -> Self {
        match device {
            DeviceType::Agent => Self::Agent,
            DeviceType::Gateway => Self::Vendor,
        }
    }
}

impl From<Kind> for DeviceType {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Agent => Self::Agent,
            Kind::Vendor => Self::Gateway,
        }
    }
}

impl From<LinkRequest> for NewDevice {
    fn from(request: LinkRequest) -> Self {
        Self { kind: request.r#type.into(), name: request.name, public_key: request.public_key.0 }
    }
}

impl From<DeviceLink> for WaitingDevice {
    fn from(link: DeviceLink) -> Self {
        Self {
            id: link.id.into(),
            r#type: link.kind.into(),
            name: link.name,
            public_key: link.public_key.into(),
            created_at: link.created_at.into(),
            expires_at: link.expires_at.into(),
        }
    }
}

impl From<DeviceLink> for Device {
    fn from(link: DeviceLink) -> Self {
        Self {
            id: link.id.into(),
            r#type: link.kind.into(),
            name: link.name,
            public_key: link.public_key.into(),
            state: match link.state {
                State::Linked => DeviceState::Linked,
                State::Revoked | State::Denied => DeviceState::Revoked,
                State::Approved | State::Pending => DeviceState::Approved,
            },
            created_at: link.created_at.into(),
            linked_at: link.linked_at.map(Into::into),
        }
    }
}

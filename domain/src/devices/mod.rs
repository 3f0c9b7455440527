//! Devices: an agent or a gateway that acts for its user with a key pair of its own, which never leaves it.
//!
//! It is paired as in RFC 8628: the device shows a short code, a person who is signed in says yes, and the device, which asks again and
//! again, proves its key. What the key signs from then on counts as its user's ([`Devices::caller`]). `docs/devices.md` tells the story.

mod answer;
mod code;
mod error;
mod known;
mod list;
mod poll;
mod prune;
mod settings;
mod sign;
mod start;

pub use answer::Approval;
pub use code::UserCode;
pub use entities::device_link::{Model as DeviceLink, State};
pub use error::DeviceError;
pub(crate) use known::Known;
pub use poll::proof_text;
pub use prune::prune;
pub use settings::Settings;
pub use sign::{DeviceKey, Nonce};
pub use start::{NewDevice, Pairing};

use crate::context::Domain;

/// The devices that act for somebody.
#[derive(Clone, Copy)]
pub struct Devices<'a> {
    pub(crate) domain: &'a Domain,
}

impl Domain {
    /// The devices that act for somebody.
    #[must_use]
    pub fn devices(&self) -> Devices<'_> {
        Devices { domain: self }
    }
}

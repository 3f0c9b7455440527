//! HTTP out of the house, and nowhere else (SSRF): every address is judged after its name was looked up, and the connection goes to the very
//! address that was judged, so that a name that changes its mind in between wins nothing.

mod addresses;
mod client;
mod resolver;
mod settings;
mod target;

pub use addresses::is_public;
pub use client::GuardedHttp;
pub use resolver::{Resolver, SystemResolver};
pub use settings::{Settings, SettingsError};

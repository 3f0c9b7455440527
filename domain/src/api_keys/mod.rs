//! API keys: what a program shows instead of a person who signs in.
//!
//! A key is shown once. We keep an HMAC of it under a pepper, so that whoever reads the table can neither use a key nor try one out. A key
//! says what it may be used for ([`Scopes`]) and never more than its user may. `docs/api-keys.md` tells the whole story.

mod check;
mod create;
mod end;
mod error;
mod hash;
mod known;
mod list;
mod prune;
mod revoke;
mod rotate;
mod scopes;
mod secret;
mod settings;
mod uses;

pub use create::{Issued, NewApiKey};
pub(crate) use end::ends_at;
pub use entities::api_key::Holder;
pub use error::ApiKeyError;
pub(crate) use known::Known;
pub use list::ApiKey;
pub use prune::prune;
pub(crate) use revoke::revoke_of;
pub use scopes::{Scope, Scopes};
pub use secret::KeySecret;
pub use settings::Settings;
pub use uses::write_uses;

use crate::context::Domain;

/// The keys of programs.
#[derive(Clone, Copy)]
pub struct ApiKeys<'a> {
    pub(crate) domain: &'a Domain,
}

impl Domain {
    /// The keys of programs.
    #[must_use]
    pub fn api_keys(&self) -> ApiKeys<'_> {
        ApiKeys { domain: self }
    }
}

//! Signing in: how somebody proves who they are, and for how long we remember.
//!
//! Every way ends in [`SignedIn`]: a sign-in (a family of refresh tokens, of which at most one is unused) and its user. The API makes
//! access tokens of it. `docs/signing-in.md` tells the whole story.

mod add;
mod browser;
mod challenge;
mod close;
mod error;
mod google;
mod known;
mod link;
mod oidc;
mod open;
mod otp;
mod prune;
mod refresh;
mod settings;
mod wallet;

pub use browser::BrowserSession;
pub use challenge::Challenge;
pub(crate) use close::{Because, close_all_of};
pub use entities::sign_in::Method;
pub use error::SignInError;
pub use google::GoogleLogin;
pub(crate) use oidc::KeyBook;
pub use oidc::ProviderError;
pub(crate) use open::hash;
pub use open::{Secret, SignedIn};
pub use prune::prune;
pub use settings::Settings;
pub use wallet::{Signed, WalletLogin};

use crate::context::Domain;

/// The ways in and out.
#[derive(Clone, Copy)]
pub struct SignIns<'a> {
    pub(crate) domain: &'a Domain,
}

impl Domain {
    /// The ways in and out.
    #[must_use]
    pub fn sign_ins(&self) -> SignIns<'_> {
        SignIns { domain: self }
    }
}

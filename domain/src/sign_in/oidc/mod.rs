//! Identity tokens of another provider: whose they are, found out with the keys that the provider publishes
//! (OIDC Core 1.0 § 3.1.3.7).

mod jwk;
mod key_book;
mod provider;
mod token;

pub(crate) use key_book::KeyBook;
pub use key_book::KeyError;
pub use provider::ProviderError;
pub use token::{Claims, Expected, kid_of, read};

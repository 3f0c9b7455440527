//! Who is calling: access tokens, and what a handler learns about the caller.

mod caller;
mod claims;
mod cookie;
mod extract;
mod keys;
mod ops;
mod person;
mod scope;

pub use caller::Caller;
pub(crate) use caller::{KEY_SCHEME, SUSPENDED, turned_away};
pub use claims::{Claims, Tokens};
pub(crate) use cookie::{BrowserCookie, csrf_token};
pub use keys::{KeyError, OtherKeys, PublicKey, SigningKey, check_given};
pub use ops::{Architect, Observer};
pub use person::Person;
pub use scope::Scope;
pub(crate) use scope::{Needed, scope};

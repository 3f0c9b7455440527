//! Sign-In With Solana: the message that a wallet signs, exactly as its published grammar has it
//! (<https://github.com/phantom/sign-in-with-solana>, § ABNF Message Format), and the envelope that some wallets put around it.

mod chain;
mod date_time;
mod envelope;
mod grammar;
mod message;
mod parse;
mod signature;
mod site;

pub use chain::Chain;
pub use date_time::DateTime;
pub use envelope::{EnvelopeError, text_of};
pub use grammar::{is_authority, is_request_id, is_uri};
pub use message::Message;
pub use parse::ParseError;
pub use signature::{Signature, SignatureError, verify};
pub use site::{Site, authority};

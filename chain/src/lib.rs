//! The Solana adapter: the one room that knows Solana's crates. It asks, builds, signs and sends, and knows no rules.
//!
//! - [`SolanaNode`] is the port `Chain` over JSON-RPC; its errors never name the URL.
//! - [`HotTreasury`] is the port `Treasury`, with keys that the port `Secrets` hands out.
//! - [`listen`] hears of transactions as they happen; nothing depends on it.
//! - [`dev`] makes tokens that are worth nothing, on clusters where that is possible.

pub mod dev;

mod address;
mod hearing;
mod node;
mod settings;
mod treasury;

pub use hearing::listen;
pub use node::SolanaNode;
pub use settings::{Commitment, Settings, SettingsError};
pub use treasury::{HotTreasury, KeyError};

//! What tests stand on: fresh databases, a queue, a world, builders, fakes. Never part of the product.

pub mod dev_chain;
pub mod engines;

mod cluster;
mod database;
mod deposits;
mod history;
mod http_out;
mod mailer;
mod money;
mod people;
mod redis;
mod sandbox;
mod secrets;
mod wait;
mod wallet;
mod world;

pub use cluster::{FakeCluster, Sent};
pub use database::{Database, Kind};
pub use deposits::{Shore, stranger};
pub use dev_chain::DevChain;
pub use http_out::{FakeHttpOut, HttpReply};
pub use mailer::{FakeMailer, MailReply};
pub use money::{Trader, atomic, mint};
pub use people::{MINT, draft};
pub use redis::{PrivateRedis, shared_redis_url};
pub use sandbox::{ENGINES_WORDS, FakeSandbox, Script};
pub use secrets::FakeSecrets;
pub use wait::{long_campaigns, spawn, until, until_within};
pub use wallet::TestWallet;
pub use world::World;

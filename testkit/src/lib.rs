//! What tests stand on: fresh databases, a queue, builders, fakes. Never part of the product.

mod database;
mod wait;

pub use database::{Database, Kind};
pub use wait::until;

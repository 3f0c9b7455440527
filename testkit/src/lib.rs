//! What tests stand on: fresh databases, a queue, a world, builders, fakes. Never part of the product.

mod database;
mod history;
mod people;
mod sandbox;
mod wait;
mod world;

pub use database::{Database, Kind};
pub use people::{MINT, draft};
pub use sandbox::{FakeSandbox, Script};
pub use wait::until;
pub use world::World;

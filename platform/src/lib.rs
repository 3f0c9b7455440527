//! What every member stands on and what knows no business noun: configuration, telemetry, time, chance, tasks, the database connection.

pub mod config;
pub mod telemetry;

mod clock;
mod db;
mod ids;
mod network;
mod tasks;

pub use clock::{Clock, ManualClock, SystemClock};
pub use db::{Db, DbSettings, Engine, SingleWrite, Synchronous, Txn};
pub use ids::{Ids, Rng, SystemRng};
pub use network::{Network, NetworkError};
pub use tasks::{Tasks, shutdown_signal};

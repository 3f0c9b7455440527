//! What the benchmarks of whole processes share: a started Tallyman, somebody who asks it, an agent to run, and numbers made of many waits.

pub mod agent;
pub mod docker;

mod client;
mod house;
mod spread;
mod wrk;

pub use client::{Answer, Client};
pub use house::{House, toml_text};
pub use spread::{millis, quantile};
pub use wrk::wrk;

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

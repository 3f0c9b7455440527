//! The rules and all SQL. Nothing here knows HTTP, apalis, Docker or the environment.

pub mod ports;

pub use entities;

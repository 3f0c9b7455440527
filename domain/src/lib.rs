//! The rules and all SQL. Nothing here knows HTTP, apalis, Docker or the environment.

pub mod ports;

mod fault;

pub use entities;
pub use fault::{Class, Fault, FieldError};

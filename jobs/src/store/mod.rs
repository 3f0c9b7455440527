//! The SQL of the queue. Each statement is spelled once where both engines agree and twice where they do not;
//! one conformance suite holds them together. Due times and leases compare with the database's own clock.

pub mod cancel;
pub mod claim;
pub mod controls;
pub mod finish;
pub mod ingress_messages;
pub mod insert;
pub mod lease;
pub mod notes;
pub mod retention;
pub mod schedules;
pub mod server;
pub mod sql;
pub mod workers;

mod attempts;
mod keyed;
mod limits;
mod nul;

//! The SQL of the queue. Each statement is spelled once where both engines agree and twice where they do not;
//! one conformance suite holds them together. Due times and leases compare with the database's own clock.

pub mod cancel;
pub mod finish;
pub mod insert;
pub mod notes;

mod attempts;
mod limits;
mod sql;

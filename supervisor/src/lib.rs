//! The wire format between the container engine and the supervisor, PID 1 of every agent container.
//!
//! `docs/supervisor-protocol.md` is the contract. The binary `tallyman-supervisor` speaks it from inside the container;
//! this library exists so that both sides' tests can speak it too.

pub mod frames;
pub mod messages;

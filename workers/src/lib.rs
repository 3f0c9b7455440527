//! Pools, dispatch, one handler per job kind, the container engine.

pub mod dispatch;
pub mod handlers;
pub mod outcome;
pub mod pools;
pub mod sandbox;

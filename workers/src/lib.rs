//! Pools, dispatch, one handler per job kind, the container engine.

pub mod pools;
pub mod sandbox;

//! What operations have in common, as pieces that handlers take.

mod operations;

pub use operations::Operations;

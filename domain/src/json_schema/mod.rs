//! JSON Schemas that strangers write. Compiling and checking one is bounded work whatever stands in it: nothing is fetched, a schema
//! never leads back to itself, unrolled it stays small, its patterns run on a linear-time engine, and the larger it is, the smaller are the
//! values that it is held against.

mod bounds;
mod cache;
mod compiled;
mod sentence;

pub(crate) use cache::{SchemaCache, compute};
pub use compiled::{JsonSchema, SchemaError};

//! The nouns of the product: SeaORM models, typed ids and value types. No queries and no rules live here.

pub mod id;

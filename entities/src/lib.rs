//! SeaORM models, typed ids and value types

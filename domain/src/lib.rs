//! The rules and all SQL; ports as traits

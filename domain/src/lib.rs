//! The rules and all SQL. Nothing here knows HTTP, apalis, Docker or the environment.
//!
//! [`Domain`] is the door: `domain.executions().submit(&caller, request)`. Each noun is a folder, each verb a file in it.

pub mod accounts;
pub mod agents;
pub mod api_keys;
pub mod deposits;
pub mod devices;
pub mod entitlements;
pub mod events;
pub mod executions;
pub mod idempotency;
pub mod intents;
pub mod keyring;
pub mod ledger;
pub mod limits;
pub mod mail;
pub mod operations;
pub mod ops;
pub mod paging;
pub mod payments;
pub mod ports;
pub mod profiles;
pub mod reconciliation;
pub mod settlements;
pub mod sign_in;
pub mod siws;
pub mod tokens;
pub mod webhooks;

mod context;
mod fault;
mod json;
mod json_schema;
mod line;
mod moments;
mod settings;
mod sql;

pub use accounts::Caller;
pub use context::{Domain, Ports};
pub use entities;
pub use fault::{Class, Fault, FieldError};
pub use json_schema::{JsonSchema, SchemaError};
pub use settings::{Keeping, Settings};

//! The adapter against a real chain: a runtime of its own for each test, behind JSON-RPC.

mod crashes;
mod deposits;
mod faulty;
mod hearing;
mod history;
mod nodes;
mod payouts;
mod registry;
mod retries;
mod settling;
mod stage;
mod tables;
mod tokens;

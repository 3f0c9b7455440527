//! Commands that do one thing and end.

pub mod dev_chain;
pub mod dev_token;
pub mod device;
pub mod doctor;
pub mod indexes;
pub mod migrate;
pub mod openapi;
pub mod token;
pub mod try_image;
pub mod verify_ledger;

//! Stories of callers, told over the whole application in process.

mod agents;
mod api_keys;
mod authorisation;
mod bodies;
mod bulk;
mod contract;
mod devices;
mod doors;
mod email_codes;
mod executions;
mod house;
mod jobs_found;
mod jobs_moved;
mod key_set;
mod limits;
mod market;
mod nonsense;
mod operations;
mod parameters;
mod pools;
mod profiles;
mod secrets;
mod signing_in;
mod tokens;
mod webhooks;

//! Where the process ends: each trait here is a door to something that we do not own.
//! `workers/` and `adapters/` implement them, `cli/` puts the two together, and fakes pass the same conformance suites.

pub mod chain;
pub mod http_out;
pub mod limiter;
pub mod mailer;
pub mod sandbox;
pub mod schema;
pub mod secrets;

//! The shipped binary on real engines: what a test starts, kills, asks and looks at.
//!
//! - [`Installation`]: a database, and the environment that all processes on it share.
//! - [`Process`]: one role as a child, with what it said; it ends with the test.
//! - [`Rows`]: the queue's rows, read and written past every process.
//! - [`Client`]: the API over HTTP.
//! - [`python`]: scripts with libraries of others, which judge what the API says.
//! - [`Containers`]: what an installation has on its container engine.
//! - [`Collector`]: where traces go.

mod agents;
mod client;
mod collector;
mod containers;
mod installation;
mod process;
mod program;
mod python;
mod rows;

pub use agents::AcceptedRun;
pub use client::{Answer, Client};
pub use collector::{Collector, Span};
pub use containers::Containers;
pub use installation::Installation;
pub use process::{Process, Ran};
pub use program::program;
pub use python::python;
pub use rows::Rows;
pub use rustix::process::Signal;
pub use testkit::engines::{Private, handed, handed_perhaps};
pub use testkit::{Database, Kind, long_campaigns, until, until_within};

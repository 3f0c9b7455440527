//! The durable queue. A job is a row, inserted in the transaction of the change that needs it; a worker holds a lease, not a job.
//!
//! - [`kinds`]: what jobs there are, each with its payload and its policy.
//! - [`Queue`]: puts jobs into a transaction; [`commit`] commits it and wakes a worker.
//! - [`Run`]: what a handler holds while it runs a job: the fencing token, the cancellation, the log.
//! - [`ingress`]: jobs that other services push over Redis.
//! - [`store`]: claim, renew, finish, reclaim: the SQL of the queue, for SQLite and PostgreSQL.

pub mod backend;
pub mod carrier;
pub mod engine;
pub mod ingress;
pub mod kinds;
pub mod store;

mod enqueue;
mod outcome;
mod policy;
mod run;
mod wake;

pub use carrier::Carrier;
pub use engine::{Delivery, Node, Settings, Ticket};
pub use enqueue::{EnqueueError, Enqueued, NewJob, Queue, commit};
pub use outcome::{JobError, Outcome, Settled};
pub use policy::{Backoff, Concurrency, Limit, Policy, Pool, Rate, Unique};
pub use run::{LostLease, Run, SettleError};
pub use wake::{Signal, Wake, WakeBus};

//! The cage in which untrusted images run, on Docker or Podman.
//!
//! Plain engine flags leave things open (unbounded logs, `VOLUME`s, inodes, inherited labels); this room closes each of them and believes nothing
//! that an image says about itself. PID 1 of every container is our supervisor (`docs/supervisor-protocol.md`); what it sees from inside
//! is compared with what was asked before the agent starts.

// The way of one run
mod answer;
mod docker;
mod ending;
mod launch;
mod lull;
mod run;
mod transcript;

// What is asked of the engine
mod cage;
mod image;
mod images;
mod pull;
mod pulls;
mod reference;
pub mod seccomp;
mod seccomp_calls;
mod supervisor_volume;
mod tar;
mod volumes;

// What comes back
mod frames;
mod isolation;
mod report;
mod wire;

// Lives and deaths of containers
mod container;
mod shelf;
mod sweep;
mod warm;

// The engine itself
mod engine;
mod faults;
mod settings;

pub use docker::{DockerSandbox, KeySource};
pub use settings::{PullPolicy, Settings, Uids, Warm};

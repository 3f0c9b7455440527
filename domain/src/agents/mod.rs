//! Agents: what developers sell. What an agent runs is a version, which never changes; an update makes the next one.

mod agent;
pub(crate) mod audit;
mod create;
mod delete;
mod draft;
mod error;
mod get;
mod list;
mod pin;
mod settings;
pub mod state;
mod stats;
mod transition;
mod update;

pub use agent::Agent;
pub use draft::AgentDraft;
pub use entities::agent::{Category, State};
pub use entities::agent_audit::Model as AuditEntry;
pub use error::AgentError;
pub use list::AgentFilter;
pub use settings::Settings;
pub use stats::AgentStats;
pub use transition::Change;

use crate::context::Domain;

/// The agents of the installation.
#[derive(Clone, Copy)]
pub struct Agents<'a> {
    pub(crate) domain: &'a Domain,
}

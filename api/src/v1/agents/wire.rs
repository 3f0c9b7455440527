//! An agent on the wire.

use std::collections::BTreeMap;

use domain::Caller;
use domain::agents::state::Event;
use domain::agents::{self, AgentDraft, AgentStats, AuditEntry};
use domain::entities::Amount;
use domain::entities::id::{AgentId, AuditId, UserId};
use poem_openapi::types::{Any, Example};
use poem_openapi::{Enum, Object};
use serde_json::{Value, json};

use crate::wire::{Count, Id, Money, Time};

/// Two enumerations that say the same, the one here for the wire.
macro_rules! mirrored {
    ($(#[$doc:meta])* $wire:ident of $inner:ty { $($name:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
        #[oai(rename_all = "snake_case")]
        pub enum $wire { $($name),+ }

        impl From<$inner> for $wire {
            fn from(inner: $inner) -> Self {
                match inner { $(<$inner>::$name => Self::$name),+ }
            }
        }

        impl From<$wire> for $inner {
            fn from(wire: $wire) -> Self {
                match wire { $($wire::$name => Self::$name),+ }
            }
        }
    };
}
pub(crate) use mirrored;

mirrored! {
    /// What an agent is for.
    AgentCategory of agents::Category { Trading, Analytics, Defi, Nft, Social, Utility }
}
mirrored! {
    /// Where an agent stands in its life.
    AgentState of agents::State { Draft, PendingTokenSignature, PendingPoolSignature, Deployed, Deactivated, Failed, Archived }
}

/// What a caller may do to an agent. Token creation, pool creation and failure are what the chain says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum AgentEvent {
    InitiateDeployment,
    Archive,
    Cancel,
    Deactivate,
    Retry,
}

impl From<AgentEvent> for Event {
    fn from(event: AgentEvent) -> Self {
        match event {
            AgentEvent::InitiateDeployment => Self::InitiateDeployment,
            AgentEvent::Archive => Self::Archive,
            AgentEvent::Cancel => Self::Cancel,
            AgentEvent::Deactivate => Self::Deactivate,
            AgentEvent::Retry => Self::Retry,
        }
    }
}

/// All that a developer says about an agent.
#[derive(Debug, Object)]
#[oai(example)]
pub struct AgentRequest {
    #[oai(validator(min_length = 3, max_length = 100))]
    name: String,
    #[oai(validator(min_length = 10, max_length = 1000))]
    description: String,
    category: AgentCategory,
    /// What a purchase costs.
    price_atomic: Money,
    /// The address of the mint that it costs so much of.
    #[oai(validator(min_length = 32, max_length = 44))]
    price_mint: String,
    /// A reference of a container image. It is pinned to a digest when the agent is saved, or by its first run.
    #[oai(validator(min_length = 1, max_length = 512))]
    image: String,
    /// A JSON Schema. References stay inside of it, and it never leads back to itself.
    input_schema: Any<Value>,
    /// A JSON Schema.
    output_schema: Any<Value>,
}

impl Example for AgentRequest {
    fn example() -> Self {
        Self {
            name: "Word counter".into(),
            description: "Counts the words of a text.".into(),
            category: AgentCategory::Utility,
            price_atomic: Money(Amount::new(1_500_000).unwrap_or_default()),
            price_mint: "So11111111111111111111111111111111111111112".into(),
            image: "ghcr.io/acme/word-counter:1".into(),
            input_schema: Any(json!({ "type": "object", "required": ["text"], "properties": { "text": { "type": "string" } } })),
            output_schema: Any(json!({ "type": "object", "required": ["words"], "properties": { "words": { "type": "integer" } } })),
        }
    }
}

impl From<AgentRequest> for AgentDraft {
    fn from(request: AgentRequest) -> Self {
        Self {
            name: request.name,
            description: request.description,
            category: request.category.into(),
            price_atomic: request.price_atomic.0,
            price_mint: request.price_mint,
            image: request.image,
            input_schema: request.input_schema.0,
            output_schema: request.output_schema.0,
        }
    }
}

/// An agent as it is now.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Agent {
    id: Id<AgentId>,
    owner_id: Id<UserId>,
    name: String,
    description: String,
    category: AgentCategory,
    price_atomic: Money,
    price_mint: String,
    state: AgentState,
    /// Grows by one with each update; also the `ETag`.
    version: i32,
    image: String,
    /// What exactly runs, once the image is pinned.
    image_digest: Option<String>,
    input_schema: Any<Value>,
    output_schema: Any<Value>,
    token_address: Option<String>,
    pool_address: Option<String>,
    /// Why its last deployment failed; shown to those who decide over the agent.
    last_error: Option<String>,
    created_at: Time,
    updated_at: Time,
}

impl Agent {
    pub fn shown_to(caller: &Caller, agent: agents::Agent) -> Self {
        let last_error = agent.row.last_error.clone().filter(|_| agent.is_managed_by(caller));
        let agents::Agent { row, current } = agent;
        Self {
            id: row.id.into(),
            owner_id: row.owner_id.into(),
            name: row.name,
            description: row.description,
            category: row.category.into(),
            price_atomic: row.price_atomic.into(),
            price_mint: row.price_mint,
            state: row.state.into(),
            version: row.version,
            image: current.image,
            image_digest: current.image_digest,
            input_schema: Any(current.input_schema),
            output_schema: Any(current.output_schema),
            token_address: row.token_address,
            pool_address: row.pool_address,
            last_error,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        }
    }
}

/// One page of agents, newest first.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct AgentList {
    pub agents: Vec<Agent>,
    /// Absent on the last page.
    pub next_page_token: Option<String>,
}

/// An event that somebody brings about.
#[derive(Debug, Object)]
pub struct AgentEventRequest {
    pub event: AgentEvent,
}

/// The executions of an agent, or of one of its versions, in numbers.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Stats {
    agent_id: Id<AgentId>,
    /// Absent when the numbers are those of all versions.
    version: Option<i32>,
    executions: ExecutionCounts,
    /// Succeeded executions among those that succeeded or failed.
    success_rate: Option<f64>,
    wall_ms_mean: Option<f64>,
    /// 95 of 100 runs took no longer.
    wall_ms_p95: Option<Count>,
}

/// How many executions there are in each state.
#[derive(Debug, Object)]
pub struct ExecutionCounts {
    queued: Count,
    running: Count,
    succeeded: Count,
    failed: Count,
    cancelled: Count,
}

impl Stats {
    pub fn of(agent_id: AgentId, version: Option<i32>, stats: &AgentStats) -> Self {
        Self {
            agent_id: agent_id.into(),
            version,
            executions: ExecutionCounts::of(&stats.executions),
            success_rate: stats.success_rate,
            wall_ms_mean: stats.wall_ms_mean,
            wall_ms_p95: stats.wall_ms_p95.map(Count::from),
        }
    }
}

impl ExecutionCounts {
    fn of(counts: &BTreeMap<String, u64>) -> Self {
        let of = |state: &str| counts.get(state).copied().unwrap_or(0).into();
        Self { queued: of("queued"), running: of("running"), succeeded: of("succeeded"), failed: of("failed"), cancelled: of("cancelled") }
    }
}

/// One page of an audit log, newest first.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct AuditList {
    pub entries: Vec<Audit>,
    /// Absent on the last page.
    pub next_page_token: Option<String>,
}

/// What was done to an agent, and by whom.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Audit {
    id: Id<AuditId>,
    at: Time,
    /// `user:usr_…`, or what else did it.
    actor: String,
    action: String,
    detail: Option<Any<Value>>,
}

impl From<AuditEntry> for Audit {
    fn from(entry: AuditEntry) -> Self {
        Self { id: entry.id.into(), at: entry.at.into(), actor: entry.actor, action: entry.action, detail: entry.detail.map(Any) }
    }
}

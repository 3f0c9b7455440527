//! Users, agents and runs, made in one line each.

use domain::Caller;
use domain::accounts::Role;
use domain::agents::state::Event;
use domain::agents::{Agent, AgentDraft, Category, Change};
use domain::entities::Amount;
use domain::entities::id::AgentId;
use domain::executions::{RunRequest, Submitted};
use domain::webhooks::{Made, WebhookDraft};
use serde_json::{Value, json};

use crate::World;

/// The mint of wrapped SOL: an address that is one.
pub const MINT: &str = "So11111111111111111111111111111111111111112";

/// What any developer may say.
#[must_use]
pub fn draft() -> AgentDraft {
    AgentDraft {
        name: "Counter of words".into(),
        description: "Counts the words of a text and answers their number.".into(),
        category: Category::Utility,
        price_atomic: Amount::ZERO,
        price_mint: MINT.into(),
        image: "tallyman/example-echo:1".into(),
        input_schema: json!({ "type": "object", "required": ["text"], "properties": { "text": { "type": "string" } } }),
        output_schema: json!({ "type": "object" }),
    }
}

impl World {
    /// # Panics
    /// When the database refuses.
    pub async fn caller(&self, role: Role) -> Caller {
        let user = self.domain.accounts().issue(role, None).await.expect("the user is made");
        Caller::new(user.id, user.role)
    }

    pub async fn operator(&self) -> Caller {
        self.caller(Role::Operator).await
    }

    /// An agent of that owner, as a draft.
    pub async fn agent(&self, owner: &Caller) -> Agent {
        self.agent_like(owner, draft()).await
    }

    /// # Panics
    /// When the draft is refused.
    pub async fn agent_like(&self, owner: &Caller, draft: AgentDraft) -> Agent {
        self.domain.agents().create(owner, draft, None).await.expect("the agent is saved").into_inner()
    }

    /// An agent of that owner that everybody sees.
    ///
    /// # Panics
    /// When it cannot be deployed.
    pub async fn deployed_agent(&self, owner: &Caller) -> Agent {
        let id = self.agent(owner).await.row.id;
        self.deploy(id).await
    }

    /// # Panics
    /// When it cannot be deployed.
    pub async fn deploy(&self, id: AgentId) -> Agent {
        for event in [Event::InitiateDeployment, Event::TokenCreationSuccess] {
            self.domain.agents().advance(id, event, Change::default(), "test").await.expect("the agent moves on");
        }
        self.domain.agents().advance(id, Event::PoolCreationSuccess, Change::default(), "test").await.expect("the agent is deployed")
    }

    /// # Panics
    /// When the run is not accepted.
    pub async fn run_agent(&self, caller: &Caller, agent_id: AgentId, input: Value) -> Submitted {
        let submitted = self.domain.executions().submit(caller, RunRequest { agent_id, input }, None).await;
        submitted.expect("the run is accepted").into_inner()
    }

    /// A webhook of that owner.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn webhook(&self, owner: &Caller, url: &str, events: &[&str]) -> Made {
        let events = events.iter().map(|event| (*event).to_owned()).collect();
        let draft = WebhookDraft { url: url.to_owned(), events, description: None, state: None };
        self.domain.webhooks().create(owner, draft, None).await.expect("the webhook is saved").into_inner()
    }

    /// An accepted run of a new agent by its owner.
    pub async fn accepted_run(&self) -> (Caller, Submitted) {
        let owner = self.operator().await;
        let agent = self.agent(&owner).await;
        let submitted = self.run_agent(&owner, agent.row.id, json!({ "text": "a b c" })).await;
        (owner, submitted)
    }
}

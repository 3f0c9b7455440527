//! The example agents in an installation: saved, run, watched.

use std::path::Path;

use serde_json::{Value, json};

use crate::Client;

/// An accepted run.
#[derive(Debug, Clone)]
pub struct AcceptedRun {
    pub job_id: String,
    /// The path of the execution.
    pub path: String,
}

impl AcceptedRun {
    /// The execution's id.
    ///
    /// # Panics
    /// When the path has none.
    #[must_use]
    pub fn id(&self) -> &str {
        self.path.rsplit('/').next().expect("a path ends with the id")
    }
}

impl Client {
    /// Save an example agent, whose image `scripts/build-agent-images` made; answers its id.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn example_agent(&self, name: &str) -> String {
        let draft = json!({
            "name": name, "description": "One of the example agents.", "category": "utility",
            "price_atomic": "0", "price_mint": testkit::MINT, "image": format!("tallyman/{name}:dev"),
            "input_schema": example_schema(name, "input_schema"), "output_schema": example_schema(name, "output_schema"),
        });
        let saved = self.post("/v1/agents", &draft).await.expect(201);
        saved["id"].as_str().expect("an agent has an id").to_owned()
    }

    /// Run an agent, without waiting for it.
    ///
    /// # Panics
    /// When the run is not accepted.
    pub async fn run_agent(&self, agent_id: &str, input: &Value) -> AcceptedRun {
        let accepted = self.post("/v1/executions", &json!({ "agent_id": agent_id, "input": input })).await.expect(202);
        let text = |field: &str| accepted[field].as_str().unwrap_or_default().to_owned();
        AcceptedRun { job_id: text("id"), path: text("resource") }
    }

    /// How many lines an execution has said, as far as they are known by now.
    ///
    /// # Panics
    /// When the API does not say.
    pub async fn lines_of(&self, execution: &str) -> usize {
        let page = self.get(&format!("{execution}/logs?page_size=1000")).await.expect(200);
        page["lines"].as_array().expect("a page has lines").len()
    }

    /// Wait until an execution has said something.
    ///
    /// # Panics
    /// When it does not.
    pub async fn until_it_speaks(&self, execution: &str) {
        testkit::until(&format!("{execution} speaks"), async || self.lines_of(execution).await > 0).await;
    }

    /// Wait until an execution is in this state; answers it.
    ///
    /// # Panics
    /// When it does not get there.
    pub async fn until_execution(&self, execution: &str, state: &str) -> Value {
        let mut seen = Value::Null;
        testkit::until(&format!("{execution} is {state}"), async || {
            seen = self.get(execution).await.expect(200);
            seen["state"] == state
        })
        .await;
        seen
    }
}

fn example_schema(agent: &str, schema: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/agents").join(agent).join(schema).with_extension("json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

//! The agent that is run: a small program that profiles a small table.

use serde_json::{Value, json};

use crate::{BoxError, Client};

/// The image that `scripts/build-agent-images` makes.
pub const IMAGE: &str = "tallyman/csv-profile:dev";

/// What each run gets.
#[must_use]
pub fn input() -> Value {
    json!({ "csv": "city,people\nBern,134000\nBasel,177000\n" })
}

/// Save it. Answers the body that runs it.
///
/// # Errors
/// When it is refused.
pub async fn save(client: &mut Client) -> Result<String, BoxError> {
    let input_schema =
        json!({ "type": "object", "required": ["csv"], "properties": { "csv": { "type": "string", "maxLength": 1_000_000 } } });
    let agent = json!({
        "name": "CSV profile", "description": "Profiles the columns of a CSV text.", "category": "analytics", "price_atomic": "1000",
        "price_mint": "So11111111111111111111111111111111111111112", "image": IMAGE, "input_schema": input_schema,
        "output_schema": { "type": "object" },
    });
    let saved = client.post("/v1/agents", "", &agent.to_string()).await?.expect(201)?;
    Ok(json!({ "agent_id": saved["id"], "input": input() }).to_string())
}

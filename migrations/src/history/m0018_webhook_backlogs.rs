//! Since when a webhook takes events more slowly than they come, and indexes: for what waits, and for the numbers of an agent.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0018_webhook_backlogs",
    up: r"
ALTER TABLE webhook_endpoints ADD COLUMN behind_since BIGINT;
CREATE INDEX webhook_deliveries_queued ON webhook_deliveries (endpoint_id, created_at) WHERE state = 'queued';
CREATE INDEX executions_agent_state ON executions (agent_id, agent_version, state);
CREATE INDEX executions_agent_latest ON executions (agent_id, id);
",
    up_sqlite: "",
    up_postgres: "",
    down: r"
DROP INDEX executions_agent_latest;
DROP INDEX executions_agent_state;
DROP INDEX webhook_deliveries_queued;
ALTER TABLE webhook_endpoints DROP COLUMN behind_since;
",
    down_sqlite: "",
    down_postgres: "",
};

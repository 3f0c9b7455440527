//! When a request to a webhook failed last, and indexes: for deliveries that wait in the order of their ids, and for the requests of the last hour.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0028_webhook_trouble",
    up: r"
ALTER TABLE webhook_endpoints ADD COLUMN failed_at BIGINT;
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (id) WHERE state = 'queued';
CREATE INDEX webhook_attempts_at ON webhook_attempts (at);
",
    up_sqlite: "",
    up_postgres: "",
    down: r"
DROP INDEX webhook_attempts_at;
DROP INDEX webhook_deliveries_waiting;
ALTER TABLE webhook_endpoints DROP COLUMN failed_at;
",
    down_sqlite: "",
    down_postgres: "",
};

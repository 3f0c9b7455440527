//! Since when something of the house keeps an execution from running, and indexes for what retention looks for.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0016_trouble",
    up: r"
ALTER TABLE executions ADD COLUMN trouble_since BIGINT;
CREATE INDEX events_age ON events (created_at);
CREATE INDEX containers_removed ON containers (removed_at) WHERE removed_at IS NOT NULL;
CREATE INDEX rate_limit_buckets_full ON rate_limit_buckets (full_at);
CREATE INDEX schedule_fires_age ON schedule_fires (fire_at);
",
    up_sqlite: "",
    up_postgres: "",
    down: r"
DROP INDEX schedule_fires_age;
DROP INDEX rate_limit_buckets_full;
DROP INDEX containers_removed;
DROP INDEX events_age;
ALTER TABLE executions DROP COLUMN trouble_since;
",
    down_sqlite: "",
    down_postgres: "",
};

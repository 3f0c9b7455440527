//! How often who did what, where no Redis counts it.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0008_limits",
    up: r"
CREATE TABLE rate_limit_buckets (
    bucket TEXT NOT NULL PRIMARY KEY,
    full_at BIGINT NOT NULL,
    units BIGINT NOT NULL
);
",
    up_sqlite: "",
    up_postgres: "",
    down: "DROP TABLE rate_limit_buckets;",
    down_sqlite: "",
    down_postgres: "",
};

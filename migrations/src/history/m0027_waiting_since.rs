//! Since when an execution is put off: its pauses grow with that.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0027_waiting_since",
    up: "ALTER TABLE executions ADD COLUMN waiting_since BIGINT;",
    up_sqlite: "",
    up_postgres: "",
    down: "ALTER TABLE executions DROP COLUMN waiting_since;",
    down_sqlite: "",
    down_postgres: "",
};

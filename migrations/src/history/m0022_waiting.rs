//! What an execution waits for that was put off, in words for its user.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0022_waiting",
    up: "ALTER TABLE executions ADD COLUMN waiting_for TEXT;",
    up_sqlite: "",
    up_postgres: "",
    down: "ALTER TABLE executions DROP COLUMN waiting_for;",
    down_sqlite: "",
    down_postgres: "",
};

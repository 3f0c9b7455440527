//! Mails on their way to people. What stands in one is sealed, and erased once it is sent.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0007_mails",
    up: r"
CREATE TABLE mails (
    id {uuid} NOT NULL PRIMARY KEY,
    recipient TEXT NOT NULL,
    letter TEXT NOT NULL,
    content TEXT,
    state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
    error TEXT,
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    CHECK ((state = 'queued') = (content IS NOT NULL))
);
CREATE INDEX mails_created ON mails (created_at);
",
    up_sqlite: "",
    up_postgres: "",
    down: "DROP TABLE mails;",
    down_sqlite: "",
    down_postgres: "",
};

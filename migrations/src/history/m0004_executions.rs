//! Executions, their log lines, and the containers that we made.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0004_executions",
    up: r"
CREATE TABLE executions (
    id {uuid} NOT NULL PRIMARY KEY,
    agent_id {uuid} NOT NULL REFERENCES agents (id),
    agent_version INTEGER NOT NULL,
    user_id {uuid} NOT NULL REFERENCES users (id),
    job_id {uuid} NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    attempt INTEGER NOT NULL DEFAULT 0,
    input {json} NOT NULL,
    output {json},
    failure_code TEXT,
    failure_message TEXT,
    exit_code INTEGER,
    image_digest TEXT,
    log_bytes BIGINT NOT NULL DEFAULT 0,
    isolation {json},
    usage {json},
    cancel_requested_at BIGINT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT
);
CREATE INDEX executions_user ON executions (user_id, id);
CREATE INDEX executions_agent ON executions (agent_id, agent_version, id);
CREATE INDEX executions_job ON executions (job_id);
CREATE INDEX executions_live ON executions (created_at) WHERE state IN ('queued', 'running');

CREATE TABLE execution_logs (
    execution_id {uuid} NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    attempt INTEGER NOT NULL,
    stream TEXT NOT NULL CHECK (stream IN ('stdout', 'stderr', 'system')),
    at BIGINT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (execution_id, seq)
);

CREATE TABLE containers (
    name TEXT NOT NULL PRIMARY KEY,
    daemon TEXT NOT NULL,
    uid BIGINT NOT NULL,
    execution_id {uuid},
    attempt INTEGER,
    worker TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    removed_at BIGINT
);
CREATE UNIQUE INDEX containers_uid ON containers (daemon, uid) WHERE removed_at IS NULL;
CREATE INDEX containers_execution ON containers (execution_id);
",
    up_sqlite: "",
    up_postgres: "",
    down: r"
DROP TABLE containers;
DROP TABLE execution_logs;
DROP TABLE executions;
",
    down_sqlite: "",
    down_postgres: "",
};

//! The queue: jobs, their attempts, limits, workers, pools, schedules and the door for other services.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0001_queue",
    up: r"
CREATE TABLE installation (
    id TEXT NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL
);

CREATE TABLE job_limits (
    concurrency_key TEXT NOT NULL PRIMARY KEY,
    running INTEGER NOT NULL DEFAULT 0 CHECK (running >= 0),
    running_max INTEGER,
    rate_max INTEGER,
    rate_window_ms BIGINT,
    rate_tokens_milli BIGINT,
    rate_refilled_at BIGINT
);

CREATE TABLE jobs (
    id {uuid} NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    pool TEXT NOT NULL,
    payload {json} NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'retrying', 'succeeded', 'failed', 'cancelled', 'quarantined')),
    priority SMALLINT NOT NULL DEFAULT 4 CHECK (priority BETWEEN 0 AND 9),
    run_at BIGINT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    failures_max INTEGER NOT NULL,
    deaths INTEGER NOT NULL DEFAULT 0,
    deaths_max INTEGER NOT NULL,
    unique_key TEXT,
    concurrency_key TEXT REFERENCES job_limits (concurrency_key),
    lease_until BIGINT,
    worker TEXT,
    cancel_requested_at BIGINT,
    progress {json},
    result {json},
    error_code TEXT,
    last_error TEXT,
    resource TEXT,
    trace_id TEXT,
    created_by TEXT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    CHECK ((state = 'running') = (lease_until IS NOT NULL))
);
CREATE INDEX jobs_ready ON jobs (pool, priority DESC, run_at, id) WHERE state IN ('queued', 'retrying') AND concurrency_key IS NULL;
CREATE INDEX jobs_ready_keyed ON jobs (pool, concurrency_key, priority DESC, run_at, id) WHERE state IN ('queued', 'retrying') AND concurrency_key IS NOT NULL;
CREATE INDEX jobs_concurrency_key ON jobs (concurrency_key) WHERE concurrency_key IS NOT NULL;
CREATE UNIQUE INDEX jobs_unique_live ON jobs (unique_key) WHERE unique_key IS NOT NULL AND state IN ('queued', 'running', 'retrying');
CREATE INDEX jobs_leases ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_finished ON jobs (state, finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_kind ON jobs (kind, id);

CREATE TABLE job_attempts (
    job_id {uuid} NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    attempt INTEGER NOT NULL,
    worker TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    finished_at BIGINT,
    outcome TEXT CHECK (outcome IN ('succeeded', 'errored', 'failed', 'cancelled', 'snoozed', 'released', 'died')),
    error TEXT,
    log TEXT,
    PRIMARY KEY (job_id, attempt)
);

CREATE TABLE job_unique_periods (
    unique_key TEXT NOT NULL PRIMARY KEY,
    job_id {uuid} NOT NULL,
    until BIGINT NOT NULL
);
CREATE INDEX job_unique_periods_until ON job_unique_periods (until);

CREATE TABLE workers (
    id TEXT NOT NULL PRIMARY KEY,
    pool TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    version TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'draining')),
    concurrency INTEGER NOT NULL,
    busy INTEGER NOT NULL DEFAULT 0,
    started_at BIGINT NOT NULL,
    heartbeat_at BIGINT NOT NULL
);

CREATE TABLE pool_controls (
    pool TEXT NOT NULL PRIMARY KEY,
    paused BOOLEAN NOT NULL DEFAULT FALSE,
    concurrency_max INTEGER,
    updated_at BIGINT NOT NULL,
    updated_by TEXT
);

CREATE TABLE schedules (
    name TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    payload {json} NOT NULL,
    cron TEXT NOT NULL,
    timezone TEXT NOT NULL,
    catch_up TEXT NOT NULL CHECK (catch_up IN ('skip', 'latest', 'all')),
    paused BOOLEAN NOT NULL DEFAULT FALSE,
    considered_until BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE schedule_fires (
    name TEXT NOT NULL,
    fire_at BIGINT NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('tick', 'catch_up', 'run_now')),
    job_id {uuid} NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (name, fire_at)
);

CREATE TABLE ingress_messages (
    queue TEXT NOT NULL,
    task_id TEXT NOT NULL,
    job_id {uuid} NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (queue, task_id)
);
CREATE INDEX ingress_messages_received ON ingress_messages (received_at);
",
    up_sqlite: "",
    up_postgres: r"
CREATE INDEX jobs_payload_finished ON jobs USING gin (payload jsonb_path_ops) WHERE finished_at IS NOT NULL;
ALTER TABLE jobs SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 1);
",
    down: r"
DROP TABLE ingress_messages;
DROP TABLE schedule_fires;
DROP TABLE schedules;
DROP TABLE pool_controls;
DROP TABLE workers;
DROP TABLE job_unique_periods;
DROP TABLE job_attempts;
DROP TABLE jobs;
DROP TABLE job_limits;
DROP TABLE installation;
",
    down_sqlite: "",
    down_postgres: "",
};

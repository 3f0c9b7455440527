//! Who may call, what they did, and which answers are kept for a repeated request.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0002_people",
    up: r"
CREATE TABLE users (
    id {uuid} NOT NULL PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('architect', 'operator', 'observer')),
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended')),
    name TEXT,
    wallet_address TEXT UNIQUE,
    created_at BIGINT NOT NULL
);

CREATE TABLE login_links (
    secret_hash TEXT NOT NULL PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES users (id),
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE TABLE idempotency_keys (
    scope_hash TEXT NOT NULL PRIMARY KEY,
    body_hash TEXT NOT NULL,
    answer {json},
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX idempotency_keys_expires ON idempotency_keys (expires_at);

CREATE TABLE api_audit (
    id {uuid} NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    resource TEXT,
    request_id TEXT,
    detail {json}
);
CREATE INDEX api_audit_at ON api_audit (at);
CREATE INDEX api_audit_actor ON api_audit (actor, at);

CREATE TABLE events (
    id {uuid} NOT NULL PRIMARY KEY,
    topic TEXT NOT NULL,
    seq BIGINT,
    event TEXT NOT NULL,
    data {json} NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX events_topic_seq ON events (topic, seq) WHERE seq IS NOT NULL;
CREATE INDEX events_unsequenced ON events (created_at) WHERE seq IS NULL;
",
    up_sqlite: "",
    up_postgres: "",
    down: r"
DROP TABLE events;
DROP TABLE api_audit;
DROP TABLE idempotency_keys;
DROP TABLE login_links;
DROP TABLE users;
",
    down_sqlite: "",
    down_postgres: "",
};

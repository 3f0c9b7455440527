//! Webhooks: where their owners want to be told of events, what is on its way to them, and each try. And the last place of each topic, so that a
//! topic whose events were all forgotten goes on where it was.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0014_webhooks",
    up: r"
CREATE TABLE event_topics (
    topic TEXT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    used_at BIGINT NOT NULL
);
CREATE INDEX event_topics_used ON event_topics (used_at);
INSERT INTO event_topics (topic, seq, used_at) SELECT topic, max(seq), max(created_at) FROM events WHERE seq IS NOT NULL GROUP BY topic;

CREATE TABLE webhook_endpoints (
    id {uuid} NOT NULL PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES users (id),
    url TEXT NOT NULL,
    events {json} NOT NULL,
    description TEXT,
    state TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
    disabled_because TEXT,
    secret TEXT NOT NULL,
    previous_secret TEXT,
    previous_secret_until BIGINT,
    version INTEGER NOT NULL,
    failing_since BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK ((state = 'disabled') = (disabled_because IS NOT NULL)),
    CHECK ((previous_secret IS NULL) = (previous_secret_until IS NULL))
);
CREATE INDEX webhook_endpoints_user ON webhook_endpoints (user_id);

CREATE TABLE webhook_deliveries (
    id {uuid} NOT NULL PRIMARY KEY,
    endpoint_id {uuid} NOT NULL REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
    event_id {uuid} NOT NULL,
    event TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'delivered', 'failed')),
    job_id {uuid} NOT NULL,
    attempts INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    tries_max INTEGER NOT NULL,
    next_at BIGINT,
    error TEXT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    CHECK ((state = 'queued') = (finished_at IS NULL))
);
CREATE UNIQUE INDEX webhook_deliveries_event ON webhook_deliveries (endpoint_id, event_id);
CREATE INDEX webhook_deliveries_endpoint ON webhook_deliveries (endpoint_id, id);
CREATE INDEX webhook_deliveries_created ON webhook_deliveries (created_at);

CREATE TABLE webhook_attempts (
    delivery_id {uuid} NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    at BIGINT NOT NULL,
    latency_ms INTEGER NOT NULL,
    status INTEGER,
    error TEXT,
    answer TEXT,
    PRIMARY KEY (delivery_id, number)
);
",
    up_sqlite: "",
    up_postgres: "",
    down: r"
DROP TABLE webhook_attempts;
DROP TABLE webhook_deliveries;
DROP TABLE webhook_endpoints;
DROP TABLE event_topics;
",
    down_sqlite: "",
    down_postgres: "",
};

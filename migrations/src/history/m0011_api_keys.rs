//! API keys: of each only a keyed hash, and which pepper it was made with.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0011_api_keys",
    up: r"
CREATE TABLE api_keys (
    id {uuid} NOT NULL PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES users (id),
    holder TEXT NOT NULL CHECK (holder IN ('user', 'agent', 'vendor', 'gateway')),
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    hash TEXT NOT NULL,
    pepper_version INTEGER NOT NULL,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);
CREATE INDEX api_keys_user ON api_keys (user_id, id);
CREATE INDEX api_keys_expires ON api_keys (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX api_keys_revoked ON api_keys (revoked_at) WHERE revoked_at IS NOT NULL;
",
    up_sqlite: "",
    up_postgres: "",
    down: r"
DROP TABLE api_keys;
",
    down_sqlite: "",
    down_postgres: "",
};

//! Devices that act for somebody with a key pair of their own, how they are paired, and the nonces of the requests that they sign.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0013_device_links",
    up: r"
CREATE TABLE device_links (
    id {uuid} NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('agent', 'vendor')),
    name TEXT NOT NULL,
    public_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'linked', 'revoked')),
    user_id {uuid} REFERENCES users (id),
    profile_id {uuid} REFERENCES profiles (id),
    scopes TEXT NOT NULL,
    device_code_hash TEXT NOT NULL,
    user_code_hash TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    poll_ms INTEGER NOT NULL,
    polled_at BIGINT,
    created_at BIGINT NOT NULL,
    linked_at BIGINT,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX device_links_device_code ON device_links (device_code_hash);
CREATE UNIQUE INDEX device_links_user_code ON device_links (user_code_hash) WHERE state = 'pending';
CREATE INDEX device_links_key ON device_links (public_key) WHERE state = 'linked';
CREATE INDEX device_links_user ON device_links (user_id, id);
CREATE INDEX device_links_expires ON device_links (expires_at) WHERE state <> 'linked';

CREATE TABLE request_nonces (
    link_id {uuid} NOT NULL REFERENCES device_links (id) ON DELETE CASCADE,
    nonce TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (link_id, nonce)
);
CREATE INDEX request_nonces_expires ON request_nonces (expires_at);
",
    up_sqlite: "",
    up_postgres: "",
    down: r"
DROP TABLE request_nonces;
DROP TABLE device_links;
",
    down_sqlite: "",
    down_postgres: "",
};

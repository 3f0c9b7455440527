//! Payments that agents have signed and vendors have handed in.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0023_payment_intents",
    up: r"
CREATE TABLE payment_intents (
    id {uuid} NOT NULL PRIMARY KEY,
    batch_id {uuid} NOT NULL,
    job_id {uuid} NOT NULL,
    agent_id {uuid} NOT NULL REFERENCES profiles (id),
    agent_key TEXT NOT NULL,
    vendor_id {uuid} NOT NULL REFERENCES profiles (id),
    mint TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    nonce TEXT NOT NULL,
    signature TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'settled', 'failed')),
    failure TEXT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    CHECK ((state = 'pending') = (finished_at IS NULL)),
    CHECK ((state = 'failed') = (failure IS NOT NULL))
);
CREATE UNIQUE INDEX payment_intents_nonce ON payment_intents (agent_key, nonce);
CREATE INDEX payment_intents_pending ON payment_intents (batch_id) WHERE state = 'pending';
CREATE INDEX payment_intents_agent ON payment_intents (agent_id, created_at);
CREATE INDEX payment_intents_vendor ON payment_intents (vendor_id, id);
",
    up_sqlite: "",
    up_postgres: "",
    down: r"
DROP TABLE payment_intents;
",
    down_sqlite: "",
    down_postgres: "",
};

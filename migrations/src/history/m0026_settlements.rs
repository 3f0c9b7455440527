//! What vendors have paid out: the payouts, the batches that pay many at once, and every transaction that was signed for them.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0026_settlements",
    up: r"
CREATE TABLE settlement_batches (
    id {uuid} NOT NULL PRIMARY KEY,
    mint TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('settling', 'settled', 'empty')),
    lookup_table TEXT,
    version BIGINT NOT NULL,
    trouble TEXT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX settlement_batches_live ON settlement_batches (id) WHERE state = 'settling';

CREATE TABLE payouts (
    id {uuid} NOT NULL PRIMARY KEY,
    vendor_id {uuid} NOT NULL REFERENCES profiles (id),
    user_id {uuid} NOT NULL REFERENCES users (id),
    job_id {uuid} NOT NULL,
    mint TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount BETWEEN 1 AND 9223372036854775807),
    destination_wallet TEXT NOT NULL,
    reference TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'batched', 'submitted', 'confirmed', 'returned')),
    batch_id {uuid} REFERENCES settlement_batches (id),
    line INTEGER,
    signature TEXT,
    failure TEXT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    CHECK (state NOT IN ('batched', 'submitted', 'confirmed') OR (batch_id IS NOT NULL AND line IS NOT NULL)),
    CHECK ((state = 'confirmed') = (signature IS NOT NULL)),
    CHECK ((state IN ('confirmed', 'returned')) = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX payouts_reference ON payouts (vendor_id, reference);
CREATE UNIQUE INDEX payouts_line ON payouts (batch_id, line) WHERE state <> 'returned';
CREATE INDEX payouts_pending ON payouts (mint, id) WHERE state = 'pending';
CREATE INDEX payouts_user ON payouts (user_id, id);

CREATE TABLE chain_transactions (
    id {uuid} NOT NULL PRIMARY KEY,
    batch_id {uuid} NOT NULL REFERENCES settlement_batches (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('payouts', 'accounts', 'table')),
    signature TEXT NOT NULL,
    message_hash TEXT NOT NULL,
    wire TEXT NOT NULL,
    last_valid_height BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('signed', 'finalized', 'failed', 'expired')),
    sends INTEGER NOT NULL,
    lamports BIGINT NOT NULL CHECK (lamports >= 0),
    slot BIGINT,
    failure TEXT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    CHECK ((state = 'signed') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX chain_transactions_signature ON chain_transactions (signature);
CREATE UNIQUE INDEX chain_transactions_alive ON chain_transactions (batch_id) WHERE state = 'signed';
CREATE INDEX chain_transactions_created ON chain_transactions (created_at);
CREATE INDEX chain_transactions_batch ON chain_transactions (batch_id, id);

CREATE TABLE lookup_entries (
    account TEXT NOT NULL PRIMARY KEY,
    lookup_table TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX lookup_entries_table ON lookup_entries (lookup_table);
",
    up_sqlite: "",
    up_postgres: "",
    down: r"
DROP TABLE lookup_entries;
DROP TABLE chain_transactions;
DROP TABLE payouts;
DROP TABLE settlement_batches;
",
    down_sqlite: "",
    down_postgres: "",
};

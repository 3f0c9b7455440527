//! What arrives on chain: the accounts where it does, what was seen of them, the deposits that were found, and whether chain and books agree. Deposits of
//! USDC on the main cluster go to the mint that everybody means, which was written with one letter less before.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0025_deposits",
    up: r"
CREATE TABLE custody_accounts (
    address TEXT NOT NULL PRIMARY KEY,
    network TEXT NOT NULL,
    mint TEXT NOT NULL,
    owner TEXT NOT NULL,
    cursor_signature TEXT,
    cursor_slot BIGINT NOT NULL,
    scan_before TEXT,
    scan_horizon BIGINT,
    created_at BIGINT NOT NULL,
    CHECK ((scan_before IS NULL) = (scan_horizon IS NULL))
);
CREATE UNIQUE INDEX custody_accounts_owner ON custody_accounts (network, mint, owner);

CREATE TABLE custody_signatures (
    account TEXT NOT NULL REFERENCES custody_accounts (address),
    signature TEXT NOT NULL,
    slot BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'done')),
    tries INTEGER NOT NULL,
    look_at BIGINT NOT NULL,
    PRIMARY KEY (account, signature)
);
CREATE INDEX custody_signatures_pending ON custody_signatures (account, slot, signature) WHERE state = 'pending';
CREATE INDEX custody_signatures_slot ON custody_signatures (account, slot);
CREATE INDEX custody_signatures_signature ON custody_signatures (signature);

CREATE TABLE custody_outflows (
    account TEXT NOT NULL REFERENCES custody_accounts (address),
    signature TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    slot BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account, signature)
);

CREATE TABLE deposits (
    id {uuid} NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES custody_accounts (address),
    mint TEXT NOT NULL,
    signature TEXT NOT NULL,
    instruction INTEGER NOT NULL,
    inner_instruction INTEGER NOT NULL,
    slot BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    source_account TEXT,
    source_owner TEXT,
    memo TEXT,
    state TEXT NOT NULL CHECK (state IN ('unattributed', 'credited')),
    profile_id {uuid} REFERENCES profiles (id),
    attribution TEXT CHECK (attribution IN ('memo', 'wallet', 'operator')),
    arrived_at BIGINT,
    created_at BIGINT NOT NULL,
    credited_at BIGINT,
    CHECK ((state = 'credited') = (profile_id IS NOT NULL)),
    CHECK ((state = 'credited') = (attribution IS NOT NULL)),
    CHECK ((state = 'credited') = (credited_at IS NOT NULL))
);
CREATE UNIQUE INDEX deposits_once ON deposits (signature, instruction, inner_instruction, account);
CREATE INDEX deposits_profile ON deposits (profile_id, id) WHERE profile_id IS NOT NULL;
CREATE INDEX deposits_unattributed ON deposits (source_owner, id) WHERE state = 'unattributed';
CREATE INDEX deposits_account ON deposits (account, slot);

CREATE TABLE custody_checks (
    mint TEXT NOT NULL PRIMARY KEY,
    custody BIGINT NOT NULL,
    expected BIGINT NOT NULL,
    liabilities BIGINT NOT NULL,
    in_flight BIGINT NOT NULL,
    unattributed BIGINT NOT NULL,
    unread BIGINT NOT NULL,
    drift BIGINT NOT NULL,
    unexplained BIGINT NOT NULL,
    stopped BOOLEAN NOT NULL,
    reason TEXT,
    stopped_at BIGINT,
    checked_at BIGINT NOT NULL,
    CHECK (stopped = (stopped_at IS NOT NULL))
);

UPDATE tokens SET mint = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'
WHERE network = 'mainnet' AND mint = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGkZwyTDt1v';
",
    up_sqlite: "",
    up_postgres: "",
    down: r"
DROP TABLE custody_checks;
DROP TABLE deposits;
DROP TABLE custody_outflows;
DROP TABLE custody_signatures;
DROP TABLE custody_accounts;
",
    down_sqlite: "",
    down_postgres: "",
};

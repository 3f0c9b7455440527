//! The ledger: accounts with their figures, and the transfers that made them. What the rules promise the database holds too: no overdraft,
//! no transfer that changes, none between mints, none between the simulator and the world. And what agents may spend.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0020_ledger",
    up: r"
CREATE TABLE ledger_accounts (
    id {uuid} NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    owner_id {uuid},
    mint TEXT NOT NULL,
    simulated BOOLEAN NOT NULL,
    posted BIGINT NOT NULL CHECK (posted BETWEEN -9223372036854775807 AND 9223372036854775807),
    pending_in BIGINT NOT NULL CHECK (pending_in BETWEEN 0 AND 9223372036854775807),
    pending_out BIGINT NOT NULL CHECK (pending_out BETWEEN 0 AND 9223372036854775807),
    created_at BIGINT NOT NULL,
    CONSTRAINT ledger_accounts_overflow CHECK (posted <= 9223372036854775807 - pending_in AND posted >= pending_out - 9223372036854775807),
    CONSTRAINT ledger_accounts_overdraft CHECK (kind IN ('custody', 'outside', 'promises', 'receivable') OR posted >= pending_out)
);
CREATE INDEX ledger_accounts_owner ON ledger_accounts (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX ledger_accounts_mint ON ledger_accounts (mint, kind);

CREATE TABLE ledger_transfers (
    id {uuid} NOT NULL PRIMARY KEY,
    debit_account_id {uuid} NOT NULL,
    credit_account_id {uuid} NOT NULL,
    amount BIGINT NOT NULL CHECK (amount BETWEEN 0 AND 9223372036854775807),
    state TEXT NOT NULL CHECK (state IN ('pending', 'posted', 'voided')),
    two_phase BOOLEAN NOT NULL,
    kind TEXT NOT NULL,
    reference TEXT,
    chain_id {uuid},
    chain_length INTEGER,
    reverses_id {uuid},
    expires_at BIGINT,
    latency_us INTEGER,
    created_at BIGINT NOT NULL,
    resolved_at BIGINT,
    CHECK (debit_account_id <> credit_account_id),
    CHECK ((state = 'pending') = (resolved_at IS NULL)),
    CHECK (two_phase OR (state = 'posted' AND expires_at IS NULL)),
    CHECK ((chain_id IS NULL) = (chain_length IS NULL))
);
CREATE INDEX ledger_transfers_debit ON ledger_transfers (debit_account_id, created_at, id);
CREATE INDEX ledger_transfers_credit ON ledger_transfers (credit_account_id, created_at, id);
CREATE INDEX ledger_transfers_chain ON ledger_transfers (chain_id) WHERE chain_id IS NOT NULL;
CREATE UNIQUE INDEX ledger_transfers_reverses ON ledger_transfers (reverses_id) WHERE reverses_id IS NOT NULL;
CREATE INDEX ledger_transfers_pending ON ledger_transfers (kind, created_at) WHERE state = 'pending';
CREATE INDEX ledger_transfers_expires ON ledger_transfers (expires_at) WHERE state = 'pending' AND expires_at IS NOT NULL;

CREATE VIEW transactions AS
SELECT t.id, payer.owner_id AS from_agent_id, payee.owner_id AS to_vendor_id, t.amount, payer.mint,
       CASE t.state WHEN 'posted' THEN 'confirmed' WHEN 'voided' THEN 'failed' ELSE t.state END AS status,
       t.latency_us / 1000 AS latency, t.created_at
FROM ledger_transfers t
JOIN ledger_accounts payer ON payer.id = t.debit_account_id
JOIN ledger_accounts payee ON payee.id = t.credit_account_id
WHERE t.kind = 'pay' AND NOT payer.simulated;

CREATE TABLE spending_limits (
    profile_id {uuid} NOT NULL REFERENCES profiles (id),
    mint TEXT NOT NULL,
    payment_max BIGINT CHECK (payment_max >= 0),
    day_max BIGINT CHECK (day_max >= 0),
    vendors {json},
    low_balance BIGINT CHECK (low_balance >= 0),
    day BIGINT NOT NULL,
    spent BIGINT NOT NULL CHECK (spent >= 0),
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (profile_id, mint)
);

ALTER TABLE profiles ADD COLUMN state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended'));
",
    up_sqlite: r"
CREATE TRIGGER ledger_accounts_stay BEFORE DELETE ON ledger_accounts
BEGIN SELECT RAISE(ABORT, 'an account is never deleted'); END;
CREATE TRIGGER ledger_accounts_keep BEFORE UPDATE OF id, kind, owner_id, mint, simulated, created_at ON ledger_accounts
BEGIN SELECT RAISE(ABORT, 'an account keeps its kind, its owner, its mint and its world'); END;
CREATE TRIGGER ledger_transfers_stay BEFORE DELETE ON ledger_transfers
BEGIN SELECT RAISE(ABORT, 'a transfer is never deleted'); END;
CREATE TRIGGER ledger_transfers_keep BEFORE UPDATE ON ledger_transfers
WHEN NOT (old.state = 'pending' AND new.state IN ('posted', 'voided') AND new.id = old.id AND new.debit_account_id = old.debit_account_id
          AND new.credit_account_id = old.credit_account_id AND new.amount = old.amount AND new.two_phase = old.two_phase AND new.kind = old.kind
          AND new.reference IS old.reference AND new.chain_id IS old.chain_id AND new.chain_length IS old.chain_length
          AND new.reverses_id IS old.reverses_id AND new.expires_at IS old.expires_at AND new.latency_us IS old.latency_us
          AND new.created_at = old.created_at)
BEGIN SELECT RAISE(ABORT, 'a transfer never changes; a pending one is posted or voided'); END;
CREATE TRIGGER ledger_transfers_apart BEFORE INSERT ON ledger_transfers
WHEN NOT EXISTS (SELECT 1 FROM ledger_accounts d, ledger_accounts c
                 WHERE d.id = new.debit_account_id AND c.id = new.credit_account_id AND d.mint = c.mint AND d.simulated = c.simulated)
BEGIN SELECT RAISE(ABORT, 'a transfer has two accounts of one mint and one world'); END;
",
    // The insert is checked once for each statement, by index, whatever the planner thinks of a table that has just been made.
    up_postgres: r"
ALTER TABLE ledger_accounts SET (fillfactor = 50);
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% refuses % on %', TG_NAME, TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER ledger_accounts_stay BEFORE DELETE ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_accounts_full BEFORE TRUNCATE ON ledger_accounts FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_accounts_keep BEFORE UPDATE OF id, kind, owner_id, mint, simulated, created_at ON ledger_accounts
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_transfers_stay BEFORE DELETE ON ledger_transfers FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_transfers_full BEFORE TRUNCATE ON ledger_transfers FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_transfers_keep BEFORE UPDATE ON ledger_transfers FOR EACH ROW
    WHEN (NOT (old.state = 'pending' AND new.state IN ('posted', 'voided')
               AND (new.id, new.debit_account_id, new.credit_account_id, new.amount, new.two_phase, new.kind, new.created_at)
                 = (old.id, old.debit_account_id, old.credit_account_id, old.amount, old.two_phase, old.kind, old.created_at)
               AND new.reference IS NOT DISTINCT FROM old.reference AND new.chain_id IS NOT DISTINCT FROM old.chain_id
               AND new.chain_length IS NOT DISTINCT FROM old.chain_length AND new.reverses_id IS NOT DISTINCT FROM old.reverses_id
               AND new.expires_at IS NOT DISTINCT FROM old.expires_at AND new.latency_us IS NOT DISTINCT FROM old.latency_us))
    EXECUTE FUNCTION ledger_refuse();
CREATE FUNCTION ledger_transfers_apart() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM fresh t LEFT JOIN ledger_accounts d ON d.id = t.debit_account_id LEFT JOIN ledger_accounts c ON c.id = t.credit_account_id
               WHERE (d.mint = c.mint AND d.simulated = c.simulated) IS NOT TRUE) THEN
        RAISE EXCEPTION 'a transfer has two accounts of one mint and one world' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_transfers_apart AFTER INSERT ON ledger_transfers REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_transfers_apart();
",
    down: r"
ALTER TABLE profiles DROP COLUMN state;
DROP TABLE spending_limits;
DROP VIEW transactions;
DROP TABLE ledger_transfers;
DROP TABLE ledger_accounts;
",
    down_sqlite: "",
    down_postgres: r"
DROP FUNCTION ledger_transfers_apart();
DROP FUNCTION ledger_refuse();
",
};

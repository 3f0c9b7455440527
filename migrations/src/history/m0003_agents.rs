//! Agents, their versions, their audit log, and who may run them.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0003_agents",
    up: r"
CREATE TABLE agents (
    id {uuid} NOT NULL PRIMARY KEY,
    owner_id {uuid} NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    category TEXT NOT NULL CHECK (category IN ('trading', 'analytics', 'defi', 'nft', 'social', 'utility')),
    price_atomic BIGINT NOT NULL CHECK (price_atomic >= 0),
    price_mint TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'pending_token_signature', 'pending_pool_signature', 'deployed', 'deactivated', 'failed', 'archived')),
    version INTEGER NOT NULL,
    token_address TEXT UNIQUE,
    pool_address TEXT UNIQUE,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT
);
CREATE INDEX agents_owner ON agents (owner_id, id);
CREATE INDEX agents_state ON agents (state, id);
CREATE INDEX agents_category ON agents (category, id);

CREATE TABLE agent_versions (
    agent_id {uuid} NOT NULL REFERENCES agents (id),
    version INTEGER NOT NULL,
    image TEXT NOT NULL,
    image_digest TEXT,
    input_schema {json} NOT NULL,
    output_schema {json} NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (agent_id, version)
);

CREATE TABLE agent_audit_log (
    id {uuid} NOT NULL PRIMARY KEY,
    agent_id {uuid} NOT NULL REFERENCES agents (id),
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    detail {json}
);
CREATE INDEX agent_audit_log_agent ON agent_audit_log (agent_id, at);

CREATE TABLE entitlements (
    id {uuid} NOT NULL PRIMARY KEY,
    agent_id {uuid} NOT NULL REFERENCES agents (id),
    user_id {uuid} NOT NULL REFERENCES users (id),
    granted_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX entitlements_live ON entitlements (agent_id, user_id) WHERE revoked_at IS NULL;
CREATE INDEX entitlements_user ON entitlements (user_id, id);
",
    up_sqlite: r"
CREATE VIRTUAL TABLE agents_fts USING fts5 (name, description, content = 'agents', content_rowid = 'rowid');
CREATE TRIGGER agents_search_insert AFTER INSERT ON agents BEGIN
    INSERT INTO agents_fts (rowid, name, description) VALUES (new.rowid, new.name, new.description);
END;
CREATE TRIGGER agents_search_delete AFTER DELETE ON agents BEGIN
    INSERT INTO agents_fts (agents_fts, rowid, name, description) VALUES ('delete', old.rowid, old.name, old.description);
END;
CREATE TRIGGER agents_search_update AFTER UPDATE OF name, description ON agents BEGIN
    INSERT INTO agents_fts (agents_fts, rowid, name, description) VALUES ('delete', old.rowid, old.name, old.description);
    INSERT INTO agents_fts (rowid, name, description) VALUES (new.rowid, new.name, new.description);
END;
CREATE TRIGGER agents_state_moves BEFORE UPDATE OF state ON agents
WHEN new.state <> old.state AND old.state || '>' || new.state NOT IN (
    'draft>pending_token_signature', 'draft>archived',
    'pending_token_signature>pending_pool_signature', 'pending_token_signature>failed', 'pending_token_signature>draft',
    'pending_pool_signature>deployed', 'pending_pool_signature>failed',
    'deployed>deactivated', 'deactivated>archived',
    'failed>pending_token_signature', 'failed>pending_pool_signature', 'failed>archived')
BEGIN SELECT RAISE(ABORT, 'an agent may not move between these states'); END;
",
    up_postgres: r"
CREATE INDEX agents_search ON agents USING gin (to_tsvector('simple', name || ' ' || description));
CREATE FUNCTION agents_state_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF old.state || '>' || new.state NOT IN (
        'draft>pending_token_signature', 'draft>archived',
        'pending_token_signature>pending_pool_signature', 'pending_token_signature>failed', 'pending_token_signature>draft',
        'pending_pool_signature>deployed', 'pending_pool_signature>failed',
        'deployed>deactivated', 'deactivated>archived',
        'failed>pending_token_signature', 'failed>pending_pool_signature', 'failed>archived') THEN
        RAISE EXCEPTION 'an agent may not move from % to %', old.state, new.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER agents_state_moves BEFORE UPDATE OF state ON agents FOR EACH ROW WHEN (new.state <> old.state) EXECUTE FUNCTION agents_state_moves();
",
    down: r"
DROP TABLE IF EXISTS agents_fts;
DROP TABLE entitlements;
DROP TABLE agent_audit_log;
DROP TABLE agent_versions;
DROP TABLE agents;
",
    down_sqlite: "",
    down_postgres: "DROP FUNCTION agents_state_moves();",
};

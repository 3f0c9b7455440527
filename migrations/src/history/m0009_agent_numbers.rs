//! SQLite's search of agents by words stands on numbers that stay. `agents` has no number of its own, and `VACUUM` may give its rows others.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0009_agent_numbers",
    up: "",
    up_sqlite: r"
DROP TRIGGER agents_search_insert;
DROP TRIGGER agents_search_delete;
DROP TRIGGER agents_search_update;
DROP TABLE agents_fts;
CREATE TABLE agent_numbers (
    number INTEGER NOT NULL PRIMARY KEY,
    agent_id BLOB NOT NULL UNIQUE
);
INSERT INTO agent_numbers (agent_id) SELECT id FROM agents ORDER BY id;
CREATE VIRTUAL TABLE agents_fts USING fts5 (name, description, content = '', contentless_delete = 1);
INSERT INTO agents_fts (rowid, name, description)
    SELECT number, name, description FROM agent_numbers JOIN agents ON agents.id = agent_numbers.agent_id;
CREATE TRIGGER agents_search_insert AFTER INSERT ON agents BEGIN
    INSERT INTO agent_numbers (agent_id) VALUES (new.id);
    INSERT INTO agents_fts (rowid, name, description) SELECT number, new.name, new.description FROM agent_numbers WHERE agent_id = new.id;
END;
CREATE TRIGGER agents_search_delete AFTER DELETE ON agents BEGIN
    DELETE FROM agents_fts WHERE rowid = (SELECT number FROM agent_numbers WHERE agent_id = old.id);
    DELETE FROM agent_numbers WHERE agent_id = old.id;
END;
CREATE TRIGGER agents_search_update AFTER UPDATE OF name, description ON agents BEGIN
    UPDATE agents_fts SET name = new.name, description = new.description
    WHERE rowid = (SELECT number FROM agent_numbers WHERE agent_id = new.id);
END;
",
    up_postgres: "",
    down: "",
    down_sqlite: r"
DROP TRIGGER agents_search_insert;
DROP TRIGGER agents_search_delete;
DROP TRIGGER agents_search_update;
DROP TABLE agents_fts;
DROP TABLE agent_numbers;
CREATE VIRTUAL TABLE agents_fts USING fts5 (name, description, content = 'agents', content_rowid = 'rowid');
INSERT INTO agents_fts (agents_fts) VALUES ('rebuild');
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
",
    down_postgres: "",
};

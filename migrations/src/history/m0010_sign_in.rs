//! Signing in: what somebody has proved to be theirs, challenges that are answered once, sign-ins and the refresh tokens that carry them on.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0010_sign_in",
    up: r"
ALTER TABLE users ADD COLUMN email TEXT;
ALTER TABLE users ADD COLUMN mail_preferences {json};
CREATE UNIQUE INDEX users_email ON users (email) WHERE email IS NOT NULL;

CREATE TABLE user_identities (
    id {uuid} NOT NULL PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL CHECK (kind IN ('wallet', 'email', 'google')),
    subject TEXT NOT NULL,
    email TEXT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX user_identities_subject ON user_identities (kind, subject);
CREATE UNIQUE INDEX user_identities_user ON user_identities (user_id, kind);

CREATE TABLE auth_nonces (
    nonce TEXT NOT NULL PRIMARY KEY,
    address TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    used_at BIGINT
);
CREATE INDEX auth_nonces_expires ON auth_nonces (expires_at);

CREATE TABLE sign_ins (
    id {uuid} NOT NULL PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES users (id),
    method TEXT NOT NULL CHECK (method IN ('wallet', 'email', 'google', 'link', 'device')),
    cookie_hash TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    closed_at BIGINT,
    closed_because TEXT
);
CREATE INDEX sign_ins_user ON sign_ins (user_id) WHERE closed_at IS NULL;
CREATE INDEX sign_ins_expires ON sign_ins (expires_at);
CREATE UNIQUE INDEX sign_ins_cookie ON sign_ins (cookie_hash) WHERE cookie_hash IS NOT NULL;

CREATE TABLE refresh_tokens (
    token_hash TEXT NOT NULL PRIMARY KEY,
    sign_in_id {uuid} NOT NULL REFERENCES sign_ins (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX refresh_tokens_sign_in ON refresh_tokens (sign_in_id);
",
    up_sqlite: "",
    up_postgres: "",
    down: r"
DROP TABLE refresh_tokens;
DROP TABLE sign_ins;
DROP TABLE auth_nonces;
DROP TABLE user_identities;
DROP INDEX users_email;
ALTER TABLE users DROP COLUMN mail_preferences;
ALTER TABLE users DROP COLUMN email;
",
    down_sqlite: "",
    down_postgres: "",
};

//! Codes that are sent by mail to sign in with: one for each address, the newest, as a tag that only this installation can make; and
//! which identity tokens of other providers have been used.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0015_email_codes",
    up: r"
CREATE TABLE otp_codes (
    email TEXT NOT NULL PRIMARY KEY,
    id {uuid} NOT NULL,
    tag TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX otp_codes_expires ON otp_codes (expires_at);

CREATE TABLE spent_id_tokens (
    token_hash TEXT NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX spent_id_tokens_expires ON spent_id_tokens (expires_at);
",
    up_sqlite: "",
    up_postgres: "",
    down: r"
DROP TABLE spent_id_tokens;
DROP TABLE otp_codes;
",
    down_sqlite: "",
    down_postgres: "",
};

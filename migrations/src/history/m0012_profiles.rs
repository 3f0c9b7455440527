//! What agents and vendors say about themselves: one profile of each sort for a user.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0012_profiles",
    up: r"
CREATE TABLE profiles (
    id {uuid} NOT NULL PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL CHECK (kind IN ('agent', 'vendor')),
    name TEXT NOT NULL,
    description TEXT,
    service_type TEXT,
    gateway_url TEXT,
    withdrawal_address TEXT,
    base_price_atomic BIGINT NOT NULL DEFAULT 0 CHECK (base_price_atomic >= 0),
    risk_score INTEGER NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX profiles_user ON profiles (user_id, kind);
",
    up_sqlite: "",
    up_postgres: "",
    down: r"
DROP TABLE profiles;
",
    down_sqlite: "",
    down_postgres: "",
};

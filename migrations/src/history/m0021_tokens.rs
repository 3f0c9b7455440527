//! The tokens that the house takes, on each network. What everybody means by USDC is there from the start.

use crate::dialect::Step;

pub const STEP: Step = Step {
    name: "m0021_tokens",
    up: r"
CREATE TABLE tokens (
    network TEXT NOT NULL CHECK (network IN ('mainnet', 'testnet', 'devnet', 'localnet')),
    mint TEXT NOT NULL,
    symbol TEXT NOT NULL,
    decimals INTEGER NOT NULL CHECK (decimals BETWEEN 0 AND 255),
    token_program TEXT NOT NULL CHECK (token_program IN ('spl_token', 'token_2022')),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (network, mint)
);
CREATE UNIQUE INDEX tokens_symbol ON tokens (network, symbol);

INSERT INTO tokens (network, mint, symbol, decimals, token_program, created_at) VALUES
    ('mainnet', 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGkZwyTDt1v', 'USDC', 6, 'spl_token', 0),
    ('devnet', '4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU', 'USDC', 6, 'spl_token', 0);
",
    up_sqlite: "",
    up_postgres: "",
    down: r"
DROP TABLE tokens;
",
    down_sqlite: "",
    down_postgres: "",
};

//! Forgetting what can open nothing any more.

use sea_orm::{ConnectionTrait as _, DbErr};

use crate::context::Domain;
use crate::sql::statement;

/// How long an ended sign-in or a challenge is kept: it tells who tried what.
const KEPT_US: i64 = 24 * 3_600 * 1_000_000;

/// Table, key, and the moment from which a row is of no use.
const TABLES: [(&str, &str, &str); 5] = [
    ("auth_nonces", "nonce", "expires_at"),
    ("otp_codes", "email", "expires_at"),
    ("spent_id_tokens", "token_hash", "expires_at"),
    // A token that came back tells of a thief for as long as its sign-in could still be open.
    ("sign_ins", "id", "expires_at"),
    ("sign_ins", "id", "coalesce(closed_at, 9223372036854775807)"),
];

/// Delete up to `rows_max` rows of each table. Answers how many; repeat until none is left.
///
/// # Errors
/// When the database refuses.
pub async fn prune(domain: &Domain, rows_max: u32) -> Result<u64, DbErr> {
    let (engine, before) = (domain.db.engine(), domain.now().micros() - KEPT_US);
    let mut deleted = 0;
    for (table, key, moment) in TABLES {
        let sql = format!("DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {moment} < $1 LIMIT {rows_max})");
        let txn = domain.db.write().await?;
        deleted += txn.execute_raw(statement(engine, sql, [before.into()])).await?.rows_affected();
        txn.commit().await?;
    }
    Ok(deleted)
}

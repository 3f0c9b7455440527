//! Forgetting pairings that came to nothing, devices that were parted with long ago, and nonces of requests that are too old anyway.

use sea_orm::DbErr;

use crate::context::Domain;
use crate::sql::{DAY_US, delete};

/// How long a device is known that somebody parted with.
const PARTED_KEPT_US: i64 = 30 * DAY_US;
/// How long a pairing that came to nothing is kept past its time. Anybody may begin one, so they must not gather; a device that comes late is
/// still told that its code has expired.
const UNPAIRED_KEPT_US: i64 = 3_600 * 1_000_000;
/// How long a nonce is kept past its time: clocks are not all alike.
const NONCES_KEPT_US: i64 = 60 * 1_000_000;

/// Delete up to `rows_max` rows of each. Answers how many; repeat until none is left.
///
/// # Errors
/// When the database refuses.
pub async fn prune(domain: &Domain, rows_max: u32) -> Result<u64, DbErr> {
    let now = domain.now().micros();
    let links = format!(
        "DELETE FROM device_links WHERE id IN (SELECT id FROM device_links WHERE state <> 'linked' AND expires_at < $1
             AND (revoked_at IS NULL OR revoked_at < $2) LIMIT {rows_max})"
    );
    let nonces = format!(
        "DELETE FROM request_nonces WHERE (link_id, nonce) IN (SELECT link_id, nonce FROM request_nonces WHERE expires_at < $1 LIMIT {rows_max})"
    );
    let deleted = delete(&domain.db, links, [(now - UNPAIRED_KEPT_US).into(), (now - PARTED_KEPT_US).into()]).await?;
    Ok(deleted + delete(&domain.db, nonces, [(now - NONCES_KEPT_US).into()]).await?)
}

//! Ids are in order of time (UUIDv7, RFC 9562 § 5.7): what is older than a moment is found along a table's own key.

use uuid::Uuid;

/// Ids carry the clock of the process that made them, other columns may carry the database's or another process's: how far one may be
/// from the other.
pub const CLOCKS_APART_US_MAX: i64 = 2 * 3_600 * 1_000_000;

/// No id that was made at this moment or later is smaller: milliseconds stand in the first 48 bits.
pub fn earliest_id<T: From<Uuid>>(micros: i64) -> T {
    T::from(Uuid::from_u128(u128::from(u64::try_from(micros / 1_000).unwrap_or(0)) << 80))
}

//! When a key ends: by itself, with the overlap of its rotation, or because somebody takes it back, whatever comes first.

use entities::Timestamp;
use entities::api_key::{Column, Model};
use entities::id::UserId;
use sea_orm::{ColumnTrait as _, Condition};

/// When the key ends or has ended; `None` does not.
pub(crate) fn ends_at(key: &Model) -> Option<Timestamp> {
    [key.expires_at, key.replaced_at, key.revoked_at].into_iter().flatten().min()
}

/// The keys of a user that have not ended.
pub(super) fn live(user_id: UserId, now: Timestamp) -> Condition {
    let goes_on = |end: Column| Condition::any().add(end.is_null()).add(end.gt(now));
    let ends = [Column::ExpiresAt, Column::ReplacedAt, Column::RevokedAt];
    ends.into_iter().fold(Condition::all().add(Column::UserId.eq(user_id)), |live, end| live.add(goes_on(end)))
}

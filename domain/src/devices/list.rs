//! The devices that act for somebody: looked at, and parted with.

use entities::device_link::{self, State};
use entities::id::DeviceLinkId;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};

use super::{DeviceError, DeviceLink, Devices};
use crate::accounts::Caller;

impl Devices<'_> {
    /// The devices that act for the caller, newest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn linked(&self, caller: &Caller) -> Result<Vec<DeviceLink>, DeviceError> {
        let own = device_link::Entity::find()
            .filter(device_link::Column::UserId.eq(caller.user_id))
            .filter(device_link::Column::State.eq(State::Linked));
        Ok(own.order_by_desc(device_link::Column::Id).all(self.domain.db.connection()).await?)
    }

    /// Part with a device: what it signs counts no more, at once in this process, within `sign_in.standing_ms_max` in every other.
    /// Doing it again changes nothing.
    ///
    /// # Errors
    /// [`DeviceError::Missing`] when it is somebody else's, or there is none.
    pub async fn revoke(&self, caller: &Caller, id: DeviceLinkId) -> Result<(), DeviceError> {
        let link = self.find(id).await?;
        if link.user_id != Some(caller.user_id) {
            return Err(DeviceError::Missing { link: id });
        }
        let txn = self.domain.db.write().await?;
        device_link::Entity::update_many()
            .col_expr(device_link::Column::State, Expr::value(State::Revoked))
            .col_expr(device_link::Column::RevokedAt, Expr::value(self.domain.now()))
            .filter(device_link::Column::Id.eq(id))
            .filter(device_link::Column::State.ne(State::Revoked))
            .exec(&*txn)
            .await?;
        txn.commit().await?;
        self.domain.standings.forget(caller.user_id);
        tracing::info!(device_link.id = %id, user.id = %caller.user_id, "parted with a device");
        Ok(())
    }

    pub(super) async fn find(&self, id: DeviceLinkId) -> Result<DeviceLink, DeviceError> {
        let found = device_link::Entity::find_by_id(id).one(self.domain.db.connection()).await?;
        found.ok_or(DeviceError::Missing { link: id })
    }
}

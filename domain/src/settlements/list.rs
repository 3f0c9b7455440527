//! Payouts as their vendor sees them.

use entities::id::PayoutId;
use entities::payout;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use super::{Payout, SettlementError, Settlements};
use crate::accounts::Caller;
use crate::paging::{Page, PageRequest};

impl Settlements<'_> {
    /// One payout of the caller's.
    ///
    /// # Errors
    /// [`SettlementError::Missing`] when there is none, or it is somebody else's.
    pub async fn get(&self, caller: &Caller, id: PayoutId) -> Result<Payout, SettlementError> {
        let found = self.find(id).await?.filter(|payout| payout.user_id == caller.user_id);
        found.ok_or(SettlementError::Missing { id })
    }

    /// The caller's payouts, newest first.
    ///
    /// # Errors
    /// [`SettlementError::Page`] when the page cannot be told.
    pub async fn list(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Payout>, SettlementError> {
        let of = caller.user_id;
        let mut find = payout::Entity::find().filter(payout::Column::UserId.eq(of)).order_by_desc(payout::Column::Id);
        if let Some(after) = page.after::<PayoutId>("payouts", &of)? {
            find = find.filter(payout::Column::Id.lt(after));
        }
        let rows = find.limit(page.rows_max()? + 1).all(self.domain.db.connection()).await?;
        Ok(page.page("payouts", &of, rows, |row| row.id)?)
    }

    /// Whoever's it is.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn find(&self, id: PayoutId) -> Result<Option<Payout>, SettlementError> {
        Ok(payout::Entity::find_by_id(id).one(self.domain.db.connection()).await?)
    }
}

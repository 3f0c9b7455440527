//! Deposits, as agents and operators see them.

use entities::deposit;
use entities::id::DepositId;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use super::{Deposit, DepositError, DepositState, Deposits};
use crate::accounts::Caller;
use crate::paging::{Page, PageRequest};
use crate::profiles::Kind;

const OWN: &str = "agent deposits";
const ALL: &str = "deposits";

impl Deposits<'_> {
    /// What the caller's agent has deposited, newest first.
    ///
    /// # Errors
    /// [`DepositError::Page`].
    pub async fn own(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Deposit>, DepositError> {
        let Some(agent) = self.domain.payments().profile(caller, Kind::Agent).await? else {
            page.after::<DepositId>(OWN, &caller.user_id)?;
            return Ok(Page { items: Vec::new(), next_page_token: None });
        };
        self.page(OWN, &caller.user_id, deposit::Column::ProfileId.eq(agent), page).await
    }

    /// Everybody's, newest first.
    ///
    /// # Errors
    /// [`DepositError::Page`].
    pub async fn all(&self, state: Option<DepositState>, page: &PageRequest) -> Result<Page<Deposit>, DepositError> {
        let wanted = state.map_or_else(|| deposit::Column::Id.is_not_null(), |state| deposit::Column::State.eq(state));
        self.page(ALL, &state, wanted, page).await
    }

    async fn page(
        &self,
        list: &str,
        filter: &(impl serde::Serialize + Sync),
        wanted: sea_orm::sea_query::SimpleExpr,
        page: &PageRequest,
    ) -> Result<Page<Deposit>, DepositError> {
        let rows_max = page.rows_max()?;
        let mut rows = deposit::Entity::find().filter(wanted);
        if let Some(after) = page.after::<DepositId>(list, filter)? {
            rows = rows.filter(deposit::Column::Id.lt(after));
        }
        let rows = rows.order_by_desc(deposit::Column::Id).limit(rows_max + 1).all(self.domain.db.connection()).await?;
        Ok(page.page(list, filter, rows, |row| row.id)?)
    }
}

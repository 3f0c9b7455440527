//! What became of signed payments.

use entities::id::IntentId;
use entities::payment_intent::{self, State};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use super::{Intent, Intents};
use crate::accounts::Caller;
use crate::paging::{Page, PageRequest};
use crate::payments::PayError;
use crate::profiles::Kind;

const LIST: &str = "payment intents";

impl Intents<'_> {
    /// The signed payments that the caller's vendor has handed in, newest first.
    ///
    /// # Errors
    /// [`PayError::Page`].
    pub async fn list(&self, caller: &Caller, state: Option<State>, page: &PageRequest) -> Result<Page<Intent>, PayError> {
        let (rows_max, filter) = (page.rows_max()?, (caller.user_id, state));
        let after = page.after::<IntentId>(LIST, &filter)?;
        let Some(vendor) = self.domain.payments().profile(caller, Kind::Vendor).await? else {
            return Ok(Page { items: Vec::new(), next_page_token: None });
        };
        let mut rows = payment_intent::Entity::find().filter(payment_intent::Column::VendorId.eq(vendor));
        if let Some(state) = state {
            rows = rows.filter(payment_intent::Column::State.eq(state));
        }
        if let Some(after) = after {
            rows = rows.filter(payment_intent::Column::Id.lt(after));
        }
        let rows = rows.order_by_desc(payment_intent::Column::Id).limit(rows_max + 1).all(self.domain.db.connection()).await?;
        Ok(page.page(LIST, &filter, rows, |row| row.id)?)
    }
}

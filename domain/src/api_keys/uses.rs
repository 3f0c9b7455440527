//! When keys were last used: written afterwards, many at once, and not with every request.

use std::time::Duration;

use entities::api_key;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, Condition, DbErr, EntityTrait as _, QueryFilter as _};
use tokio_util::sync::CancellationToken;

use super::ApiKeys;
use crate::context::Domain;

/// How long uses are gathered before they are written together.
const GATHERED: Duration = Duration::from_secs(5);

impl ApiKeys<'_> {
    /// Write down in one statement which keys were used since it was last done.
    ///
    /// # Errors
    /// When the database refuses; those uses are not written then.
    pub async fn write_uses(&self) -> Result<(), DbErr> {
        let used = self.domain.api_keys_known.take_uses();
        if used.is_empty() {
            return Ok(());
        }
        let now = self.domain.now();
        let old = Condition::any().add(api_key::Column::LastUsedAt.is_null()).add(api_key::Column::LastUsedAt.lt(now));
        let txn = self.domain.db.write().await?;
        let note = api_key::Entity::update_many().col_expr(api_key::Column::LastUsedAt, Expr::value(now));
        note.filter(api_key::Column::Id.is_in(used)).filter(old).exec(&*txn).await?;
        txn.commit().await
    }
}

/// Write down what was used, every now and then and at the end.
pub async fn write_uses(domain: Domain, stop: CancellationToken) {
    let mut every = tokio::time::interval(GATHERED);
    loop {
        let ending = tokio::select! {
            () = stop.cancelled() => true,
            _ = every.tick() => false,
        };
        if let Err(error) = domain.api_keys().write_uses().await {
            tracing::warn!(%error, "it is not written down which keys were used");
        }
        if ending {
            return;
        }
    }
}

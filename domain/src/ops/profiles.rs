//! Profiles that may not pay any more, and may again.

use entities::id::ProfileId;
use entities::profile::{self, Model as Profile, State};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::once::Done;
use super::{Actor, Ops, OpsError};
use crate::idempotency::{Claim, Once};

impl Ops<'_> {
    /// Suspend a profile, or let it pay again. It counts for every payment that is not committed yet.
    ///
    /// # Errors
    /// When there is no such profile.
    pub async fn set_profile_state(
        &self,
        actor: &Actor,
        id: ProfileId,
        state: State,
        claim: Option<&Claim>,
    ) -> Result<Once<Profile>, OpsError> {
        let action = if state == State::Active { "resume_profile" } else { "suspend_profile" };
        let missing = || OpsError::Missing { noun: "profile", name: id.to_string() };
        let set = self.once(actor, action, claim, async |txn| {
            let set = profile::Entity::update_many().col_expr(profile::Column::State, Expr::value(state));
            let set = set.filter(profile::Column::Id.eq(id)).exec(&**txn).await?;
            if set.rows_affected == 0 {
                return Err(missing());
            }
            Ok(Done::new((), format!("/v1/ops/profiles/{id}")))
        });
        let set = set.await?;
        let row = profile::Entity::find_by_id(id).one(self.domain.db.connection()).await?.ok_or_else(missing)?;
        Ok(set.map(|()| row))
    }
}

//! Deposits that are nobody's, given to somebody.

use entities::deposit;
use entities::id::{DepositId, ProfileId};
use entities::profile;
use sea_orm::EntityTrait as _;

use super::once::Done;
use super::{Actor, Ops, OpsError};
use crate::deposits::{self, Attribution, Deposit, DepositError, Owner};
use crate::idempotency::{Claim, Once};
use crate::profiles::Kind;

impl Ops<'_> {
    /// Give a deposit that is nobody's to an agent.
    ///
    /// # Errors
    /// When there is no such deposit or agent, or somebody has it already.
    pub async fn credit_deposit(
        &self,
        actor: &Actor,
        id: DepositId,
        profile_id: ProfileId,
        claim: Option<&Claim>,
    ) -> Result<Once<Deposit>, OpsError> {
        let missing = || OpsError::Missing { noun: "deposit", name: id.to_string() };
        let credited = self.once(actor, "credit_deposit", claim, async |txn| {
            deposit::Entity::find_by_id(id).one(&**txn).await?.ok_or_else(missing)?;
            let agent = profile::Entity::find_by_id(profile_id).one(&**txn).await?.filter(|profile| profile.kind == Kind::Agent);
            let agent = agent.ok_or_else(|| OpsError::field("/profile_id", "must be the profile of an agent"))?;
            let owner = Owner { profile_id, user_id: agent.user_id, attribution: Attribution::Operator };
            deposits::credit(self.domain, txn, id, owner).await?.ok_or(DepositError::Credited)?;
            let detail = serde_json::json!({ "profile_id": profile_id });
            Ok(Done::new((), format!("/v1/ops/deposits/{id}")).detail(detail))
        });
        let credited = credited.await?;
        let row = deposit::Entity::find_by_id(id).one(self.domain.db.connection()).await?.ok_or_else(missing)?;
        Ok(credited.map(|()| row))
    }
}

//! The right of one user to run one agent: granted, checked, revoked.

mod error;

use entities::entitlement;
use entities::id::{AgentId, EntitlementId, UserId};
use platform::Txn;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use serde_json::json;

pub use entities::entitlement::Model as Entitlement;
pub use error::EntitlementError;

use crate::accounts::Caller;
use crate::agents::audit;
use crate::context::Domain;
use crate::idempotency::{self, Claim, Once};
use crate::paging::{Page, PageRequest};

/// Who may run what.
#[derive(Clone, Copy)]
pub struct Entitlements<'a> {
    pub(crate) domain: &'a Domain,
}

impl Entitlements<'_> {
    /// Let a user run an agent. Whoever holds the right already keeps it.
    ///
    /// # Errors
    /// [`EntitlementError::Agent`] when the caller does not decide over the agent, [`EntitlementError::Account`] when there is no such user.
    pub async fn grant(
        &self,
        caller: &Caller,
        agent_id: AgentId,
        user_id: UserId,
        claim: Option<&Claim>,
    ) -> Result<Once<Entitlement>, EntitlementError> {
        if let Some(earlier) = idempotency::earlier(&self.domain.db, claim).await? {
            return Ok(Once::Again(earlier));
        }
        self.domain.agents().managed(caller, agent_id).await?;
        self.domain.accounts().find(user_id).await?;
        let id: EntitlementId = self.domain.queue.ids().next();
        let new = entitlement::Model { id, agent_id, user_id, granted_by: caller.actor(), created_at: self.domain.now(), revoked_at: None };
        let txn = idempotency::open(self.domain, claim).await?;
        if let Some(earlier) = idempotency::claim(self.domain, &txn, claim).await? {
            return Ok(Once::Again(earlier));
        }
        // Whoever grants it at the same moment is waited for, and then it is there.
        let one_live = OnConflict::columns([entitlement::Column::AgentId, entitlement::Column::UserId])
            .target_and_where(entitlement::Column::RevokedAt.is_null())
            .do_nothing()
            .to_owned();
        entitlement::Entity::insert(new.into_active_model()).on_conflict(one_live).exec_without_returning(&*txn).await?;
        let missing = EntitlementError::Missing { agent: agent_id, user: user_id };
        let held = held(&*txn, agent_id, user_id).await?.ok_or(missing)?;
        if held.id == id {
            self.record(&txn, caller, "entitlement_granted", &held).await?;
        }
        idempotency::keep(&txn, claim, &held).await?;
        txn.commit().await?;
        Ok(Once::First(held))
    }

    /// Take the right away. Runs that are on their way go on.
    ///
    /// # Errors
    /// [`EntitlementError::Missing`] when the user holds none.
    pub async fn revoke(&self, caller: &Caller, agent_id: AgentId, user_id: UserId) -> Result<(), EntitlementError> {
        self.domain.agents().managed(caller, agent_id).await?;
        let txn = self.domain.db.write().await?;
        let held = held(&*txn, agent_id, user_id).await?.ok_or(EntitlementError::Missing { agent: agent_id, user: user_id })?;
        let revoked = entitlement::Entity::update_many()
            .col_expr(entitlement::Column::RevokedAt, Expr::value(self.domain.now()))
            .filter(live(agent_id, user_id))
            .exec(&*txn)
            .await?;
        // Whoever takes it away at the same moment has written the line.
        if revoked.rows_affected == 0 {
            return Err(EntitlementError::Missing { agent: agent_id, user: user_id });
        }
        self.record(&txn, caller, "entitlement_revoked", &held).await?;
        txn.commit().await?;
        Ok(())
    }

    /// The line in the agent's audit log.
    async fn record(&self, txn: &Txn, caller: &Caller, action: &str, held: &Entitlement) -> Result<(), DbErr> {
        let detail = json!({ "user_id": held.user_id, "entitlement_id": held.id });
        audit::record(self.domain, txn, held.agent_id, &caller.actor(), action, Some(detail)).await
    }

    /// The live rights of an agent, newest first, for whoever decides over it.
    ///
    /// # Errors
    /// [`EntitlementError::Agent`] for everybody else.
    pub async fn of_agent(&self, caller: &Caller, agent_id: AgentId, page: &PageRequest) -> Result<Page<Entitlement>, EntitlementError> {
        self.domain.agents().managed(caller, agent_id).await?;
        self.page("entitlements of an agent", &agent_id, entitlement::Column::AgentId.eq(agent_id), page).await
    }

    /// The caller's own live rights, newest first.
    ///
    /// # Errors
    /// [`EntitlementError::Page`] when the page cannot be told.
    pub async fn own(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Entitlement>, EntitlementError> {
        let of_user = entitlement::Column::UserId.eq(caller.user_id);
        self.page("entitlements of a user", &caller.user_id, of_user, page).await
    }

    async fn page(
        &self,
        list: &str,
        of: &impl serde::Serialize,
        which: Expr,
        page: &PageRequest,
    ) -> Result<Page<Entitlement>, EntitlementError> {
        let mut wanted = Condition::all().add(which).add(entitlement::Column::RevokedAt.is_null());
        if let Some(after) = page.after::<EntitlementId>(list, of)? {
            wanted = wanted.add(entitlement::Column::Id.lt(after));
        }
        let find = entitlement::Entity::find().filter(wanted).order_by_desc(entitlement::Column::Id).limit(page.rows_max()? + 1);
        Ok(page.page(list, of, find.all(self.domain.db.connection()).await?, |row| row.id)?)
    }
}

/// The live right of the user, if there is one.
pub(crate) async fn held(db: &impl ConnectionTrait, agent_id: AgentId, user_id: UserId) -> Result<Option<Entitlement>, DbErr> {
    entitlement::Entity::find().filter(live(agent_id, user_id)).one(db).await
}

fn live(agent_id: AgentId, user_id: UserId) -> Condition {
    Condition::all()
        .add(entitlement::Column::AgentId.eq(agent_id))
        .add(entitlement::Column::UserId.eq(user_id))
        .add(entitlement::Column::RevokedAt.is_null())
}

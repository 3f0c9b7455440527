//! Letting users in and out, and granting roles.

use entities::id::UserId;
use entities::user::{self, Role, State};
use platform::Txn;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::json;

use super::once::Done;
use super::{Actor, Ops, OpsError};
use crate::accounts::{AccountError, User};
use crate::idempotency::{Claim, Once};
use crate::sign_in::{Because, close_all_of};

impl Ops<'_> {
    /// One user.
    ///
    /// # Errors
    /// When there is no such user.
    pub async fn user(&self, id: UserId) -> Result<User, OpsError> {
        Ok(self.domain.accounts().find(id).await?)
    }

    /// Shut a user out: every sign-in is closed, and no way in works until they are let in again.
    ///
    /// # Errors
    /// [`OpsError::Oneself`], and when there is no such user.
    pub async fn suspend(&self, actor: &Actor, id: UserId, claim: Option<&Claim>) -> Result<Once<User>, OpsError> {
        refuse_oneself(actor, id, "suspend")?;
        let suspended = self.once(actor, "suspend_user", claim, async |txn| {
            set(txn, id, user::Column::State, State::Suspended).await?;
            close_all_of(self.domain, txn, id, Because::Suspended).await?;
            Ok(Done::new((), resource(id)))
        });
        self.changed(id, suspended.await?).await
    }

    /// Let a suspended user in again.
    ///
    /// # Errors
    /// When there is no such user.
    pub async fn resume(&self, actor: &Actor, id: UserId, claim: Option<&Claim>) -> Result<Once<User>, OpsError> {
        let resumed = self.once(actor, "resume_user", claim, async |txn| {
            set(txn, id, user::Column::State, State::Active).await?;
            Ok(Done::new((), resource(id)))
        });
        self.changed(id, resumed.await?).await
    }

    /// Give a user another role. It counts for the tokens that are out, too.
    ///
    /// # Errors
    /// [`OpsError::Oneself`], and when there is no such user.
    pub async fn set_role(&self, actor: &Actor, id: UserId, role: Role, claim: Option<&Claim>) -> Result<Once<User>, OpsError> {
        refuse_oneself(actor, id, "change the role of")?;
        let granted = self.once(actor, "set_user_role", claim, async |txn| {
            set(txn, id, user::Column::Role, role).await?;
            Ok(Done::new((), resource(id)).detail(json!({ "role": role.name() })))
        });
        self.changed(id, granted.await?).await
    }

    async fn changed(&self, id: UserId, done: Once<()>) -> Result<Once<User>, OpsError> {
        self.domain.standings.forget(id);
        let user = self.user(id).await?;
        Ok(done.map(|()| user))
    }
}

async fn set(txn: &Txn, id: UserId, column: user::Column, value: impl Into<sea_orm::Value>) -> Result<(), OpsError> {
    let changed = user::Entity::update_many().col_expr(column, Expr::value(value)).filter(user::Column::Id.eq(id)).exec(&**txn).await?;
    if changed.rows_affected == 0 { Err(AccountError::Unknown { user: id }.into()) } else { Ok(()) }
}

/// Whoever locks themselves out may have been the last who could let anybody in.
fn refuse_oneself(actor: &Actor, id: UserId, what: &'static str) -> Result<(), OpsError> {
    if actor.caller.user_id == id { Err(OpsError::Oneself(what)) } else { Ok(()) }
}

fn resource(id: UserId) -> String {
    format!("/v1/ops/users/{id}")
}

//! Users, as those see them who run the house: let in, shut out, given a role.

use domain::Domain;
use domain::accounts::User;
use domain::entities::id::UserId;
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use serde_json::Value;

use crate::auth::{Architect, Observer};
use crate::body::Body;
use crate::convention::IdempotencyKey;
use crate::problem::Problem;
use crate::v1::Tag;
use crate::v1::auth::{UserRole, UserState};
use crate::wire::{Id, Time, Wallet};

pub struct UsersApi {
    pub domain: Domain,
}

/// A user, as architects and observers see them.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct UserRecord {
    id: Id<UserId>,
    role: UserRole,
    state: UserState,
    name: Option<String>,
    wallet_address: Option<Wallet>,
    /// For architects only.
    email: Option<String>,
    created_at: Time,
}

/// The role that a user gets.
#[derive(Debug, Object)]
struct RoleRequest {
    role: UserRole,
}

impl UserRecord {
    fn of(user: User, sees_content: bool) -> Self {
        Self {
            id: user.id.into(),
            role: user.role.into(),
            state: user.state.into(),
            name: user.name,
            wallet_address: user.wallet_address.map(Into::into),
            email: user.email.filter(|_| sees_content),
            created_at: user.created_at.into(),
        }
    }
}

#[OpenApi(prefix_path = "/v1/ops/users", tag = "Tag::Ops")]
impl UsersApi {
    /// One user
    #[oai(path = "/:id", method = "get", operation_id = "getUser")]
    async fn get(&self, observer: Observer, id: Path<Id<UserId>>) -> Result<Json<UserRecord>, Problem> {
        Ok(Json(UserRecord::of(self.domain.ops().user(id.0.0).await?, observer.sees_content)))
    }

    /// Shut a user out
    ///
    /// Every sign-in is closed, and no way in works until the user is let in again.
    #[oai(path = "/:id/suspend", method = "post", operation_id = "suspendUser")]
    async fn suspend(
        &self,
        architect: Architect,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        id: Path<Id<UserId>>,
    ) -> Result<Json<UserRecord>, Problem> {
        let claim = key.claim(&architect.caller, &Value::Null);
        Ok(Json(UserRecord::of(self.domain.ops().suspend(&architect, id.0.0, claim.as_ref()).await?, true)))
    }

    /// Let a user in again
    #[oai(path = "/:id/resume", method = "post", operation_id = "resumeUser")]
    async fn resume(
        &self,
        architect: Architect,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        id: Path<Id<UserId>>,
    ) -> Result<Json<UserRecord>, Problem> {
        let claim = key.claim(&architect.caller, &Value::Null);
        Ok(Json(UserRecord::of(self.domain.ops().resume(&architect, id.0.0, claim.as_ref()).await?, true)))
    }

    /// Give a user a role
    ///
    /// It counts within seconds for the tokens that are out, too.
    #[oai(path = "/:id/role", method = "post", operation_id = "setUserRole")]
    async fn set_role(
        &self,
        architect: Architect,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        id: Path<Id<UserId>>,
        body: Body<RoleRequest>,
    ) -> Result<Json<UserRecord>, Problem> {
        let claim = key.claim(&architect.caller, &body.document);
        let user = self.domain.ops().set_role(&architect, id.0.0, body.value.role.into(), claim.as_ref()).await?;
        Ok(Json(UserRecord::of(user, true)))
    }
}

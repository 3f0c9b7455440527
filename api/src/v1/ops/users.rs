//! Users, as those see them who run the house: let in, shut out, given a role.

use domain::Domain;
use domain::accounts::User;
use domain::entities::id::UserId;
use domain::idempotency::Once;
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use serde_json::Value;

use crate::auth::{Architect, Observer};
use crate::body::Body;
use crate::convention::{Acted, IdempotencyKey};
use crate::problem::Problem;
use crate::v1::Tag;
use crate::v1::auth::{UserRole, UserState, UserSummary};
use crate::wire::{Id, Time};

pub struct UsersApi {
    pub domain: Domain,
}

/// A user, as architects and observers see them. The mail address is for architects only.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct UserRecord {
    #[oai(flatten)]
    summary: UserSummary,
    state: UserState,
    created_at: Time,
}

/// The role that a user gets.
#[derive(Debug, Object)]
struct RoleRequest {
    role: UserRole,
}

impl UserRecord {
    fn of(user: User, sees_content: bool) -> Self {
        let (state, created_at) = (user.state.into(), user.created_at.into());
        let user = User { email: user.email.filter(|_| sees_content), ..user };
        Self { summary: user.into(), state, created_at }
    }

    fn acted(user: Once<User>) -> Acted<Self> {
        let replayed = user.is_replay();
        Acted::on(Self::of(user.into_inner(), true)).replayed(replayed)
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
    ) -> Result<Acted<UserRecord>, Problem> {
        let claim = key.claim(&architect.caller, &Value::Null);
        Ok(UserRecord::acted(self.domain.ops().suspend(&architect, id.0.0, claim.as_ref()).await?))
    }

    /// Let a user in again
    #[oai(path = "/:id/resume", method = "post", operation_id = "resumeUser")]
    async fn resume(
        &self,
        architect: Architect,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        id: Path<Id<UserId>>,
    ) -> Result<Acted<UserRecord>, Problem> {
        let claim = key.claim(&architect.caller, &Value::Null);
        Ok(UserRecord::acted(self.domain.ops().resume(&architect, id.0.0, claim.as_ref()).await?))
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
    ) -> Result<Acted<UserRecord>, Problem> {
        let claim = key.claim(&architect.caller, &body.document);
        let role = body.value.role.into();
        Ok(UserRecord::acted(self.domain.ops().set_role(&architect, id.0.0, role, claim.as_ref()).await?))
    }
}

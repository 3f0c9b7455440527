//! Profiles, as those see them who run the house: kept from paying, and let pay again.

use domain::Domain;
use domain::entities::id::ProfileId;
use domain::entities::profile::State;
use poem_openapi::OpenApi;
use poem_openapi::param::Path;
use serde_json::Value;

use crate::auth::Architect;
use crate::convention::{Acted, IdempotencyKey};
use crate::problem::Problem;
use crate::v1::Tag;
use crate::v1::profiles::Profile;
use crate::wire::Id;

pub struct ProfilesApi {
    pub domain: Domain,
}

#[OpenApi(prefix_path = "/v1/ops/profiles", tag = "Tag::Ops")]
impl ProfilesApi {
    /// Keep an agent from paying
    #[oai(path = "/:id/suspend", method = "post", operation_id = "suspendProfile")]
    async fn suspend(
        &self,
        architect: Architect,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        id: Path<Id<ProfileId>>,
    ) -> Result<Acted<Profile>, Problem> {
        self.set(&architect, &key, id.0.0, State::Suspended).await
    }

    /// Let an agent pay again
    ///
    /// An agent that did not pay what it had signed is suspended until somebody does this.
    #[oai(path = "/:id/resume", method = "post", operation_id = "resumeProfile")]
    async fn resume(
        &self,
        architect: Architect,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        id: Path<Id<ProfileId>>,
    ) -> Result<Acted<Profile>, Problem> {
        self.set(&architect, &key, id.0.0, State::Active).await
    }
}

impl ProfilesApi {
    async fn set(&self, architect: &Architect, key: &IdempotencyKey, id: ProfileId, state: State) -> Result<Acted<Profile>, Problem> {
        let claim = key.claim(&architect.caller, &Value::Null);
        let set = self.domain.ops().set_profile_state(architect, id, state, claim.as_ref()).await?;
        let replayed = set.is_replay();
        Ok(Acted::on(set.into_inner().into()).replayed(replayed))
    }
}

//! Who may run which agent: rights that the agent's owner grants and takes away.

use domain::Domain;
use domain::entities::id::{AgentId, EntitlementId, UserId};
use domain::entitlements;
use domain::paging::PageRequest;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use crate::auth::Caller;
use crate::body::Body;
use crate::convention::{Created, Deleted, IdempotencyKey};
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::{Id, PageSize, Time};

pub struct EntitlementsApi {
    pub domain: Domain,
}

/// Whom to let run the agent.
#[derive(Debug, Object)]
struct EntitlementRequest {
    user_id: Id<UserId>,
}

/// The right of one user to run one agent.
#[derive(Debug, Object)]
struct Entitlement {
    id: Id<EntitlementId>,
    agent_id: Id<AgentId>,
    user_id: Id<UserId>,
    /// `user:usr_…`, or what else granted it.
    granted_by: String,
    created_at: Time,
}

impl From<entitlements::Entitlement> for Entitlement {
    fn from(row: entitlements::Entitlement) -> Self {
        Self {
            id: row.id.into(),
            agent_id: row.agent_id.into(),
            user_id: row.user_id.into(),
            granted_by: row.granted_by,
            created_at: row.created_at.into(),
        }
    }
}

/// One page of rights, newest first.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct EntitlementList {
    entitlements: Vec<Entitlement>,
    /// Absent on the last page.
    next_page_token: Option<String>,
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Agents")]
impl EntitlementsApi {
    /// Let a user run an agent
    ///
    /// Whoever holds the right already keeps it. `Location` is the list that it stands in now.
    #[oai(path = "/agents/:id/entitlements", method = "post", operation_id = "grantEntitlement")]
    async fn grant(
        &self,
        caller: Caller,
        id: Path<Id<AgentId>>,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        body: Body<EntitlementRequest>,
    ) -> Result<Created<Entitlement>, Problem> {
        let claim = key.claim(&caller, &body.document);
        let held = self.domain.entitlements().grant(&caller, id.0.0, body.value.user_id.0, claim.as_ref()).await?;
        Ok(Created::at(format!("/v1/agents/{}/entitlements", id.0.0), held, Into::into))
    }

    /// Who may run an agent
    #[oai(path = "/agents/:id/entitlements", method = "get", operation_id = "listAgentEntitlements")]
    async fn of_agent(
        &self,
        caller: Caller,
        id: Path<Id<AgentId>>,
        /// 50 when absent or 0, at most 1000.
        page_size: Query<Option<PageSize>>,
        /// `next_page_token` of the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<EntitlementList>, Problem> {
        let page = PageRequest { size: page_size.0.map(i64::from), token: page_token.0 };
        let page = self.domain.entitlements().of_agent(&caller, id.0.0, &page).await?;
        let entitlements = page.items.into_iter().map(Into::into).collect();
        Ok(Json(EntitlementList { entitlements, next_page_token: page.next_page_token }))
    }

    /// Take the right to run an agent away
    ///
    /// Runs that are on their way go on.
    #[oai(path = "/agents/:id/entitlements/:user_id", method = "delete", operation_id = "revokeEntitlement")]
    async fn revoke(&self, caller: Caller, id: Path<Id<AgentId>>, user_id: Path<Id<UserId>>) -> Result<Deleted, Problem> {
        self.domain.entitlements().revoke(&caller, id.0.0, user_id.0.0).await?;
        Ok(Deleted::Gone)
    }

    /// What the caller may run
    #[oai(path = "/users/me/entitlements", method = "get", operation_id = "listOwnEntitlements")]
    async fn own(
        &self,
        caller: Caller,
        /// 50 when absent or 0, at most 1000.
        page_size: Query<Option<PageSize>>,
        /// `next_page_token` of the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<EntitlementList>, Problem> {
        let page = PageRequest { size: page_size.0.map(i64::from), token: page_token.0 };
        let page = self.domain.entitlements().own(&caller, &page).await?;
        let entitlements = page.items.into_iter().map(Into::into).collect();
        Ok(Json(EntitlementList { entitlements, next_page_token: page.next_page_token }))
    }
}

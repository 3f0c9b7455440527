//! Keys by the paths of agents and vendors: the same keys, of one sort.

use domain::Domain;
use domain::api_keys::Holder;
use domain::entities::id::ApiKeyId;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;

use super::wire::{ApiKeyList, ApiKeyRequest, IssuedKey};
use crate::auth::{Caller, Person};
use crate::body::Body;
use crate::convention::{Created, Deleted, IdempotencyKey};
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::{Id, PageSize};

pub struct KeyAliasesApi {
    pub domain: Domain,
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Keys")]
impl KeyAliasesApi {
    /// Make a key for an agent
    #[oai(path = "/agent/keys", method = "post", operation_id = "createAgentKey")]
    async fn create_for_agent(
        &self,
        caller: Person,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        body: Body<ApiKeyRequest>,
    ) -> Result<Created<IssuedKey>, Problem> {
        super::create(&self.domain, &caller, &key, body, Some(Holder::Agent)).await
    }

    /// List the keys for agents
    #[oai(path = "/agent/keys", method = "get", operation_id = "listAgentKeys")]
    async fn list_of_agents(
        &self,
        caller: Caller,
        /// 50 when absent or 0, at most 1000.
        page_size: Query<Option<PageSize>>,
        /// `next_page_token` of the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<ApiKeyList>, Problem> {
        super::list(&self.domain, &caller, Some(Holder::Agent), page_size.0, page_token.0).await
    }

    /// Revoke a key, by the path of agents
    #[oai(path = "/agent/keys/:id", method = "delete", operation_id = "revokeAgentKey")]
    async fn revoke_of_agent(&self, caller: Person, id: Path<Id<ApiKeyId>>) -> Result<Deleted, Problem> {
        self.domain.api_keys().revoke(&caller, id.0.0).await?;
        Ok(Deleted::Gone)
    }

    /// Make a key for a vendor
    #[oai(path = "/vendor/keys", method = "post", operation_id = "createVendorKey")]
    async fn create_for_vendor(
        &self,
        caller: Person,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        body: Body<ApiKeyRequest>,
    ) -> Result<Created<IssuedKey>, Problem> {
        super::create(&self.domain, &caller, &key, body, Some(Holder::Vendor)).await
    }

    /// List the keys for vendors
    #[oai(path = "/vendor/keys", method = "get", operation_id = "listVendorKeys")]
    async fn list_of_vendors(
        &self,
        caller: Caller,
        /// 50 when absent or 0, at most 1000.
        page_size: Query<Option<PageSize>>,
        /// `next_page_token` of the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<ApiKeyList>, Problem> {
        super::list(&self.domain, &caller, Some(Holder::Vendor), page_size.0, page_token.0).await
    }

    /// Revoke a key, by the path of vendors
    #[oai(path = "/vendor/keys/:id", method = "delete", operation_id = "revokeVendorKey")]
    async fn revoke_of_vendor(&self, caller: Person, id: Path<Id<ApiKeyId>>) -> Result<Deleted, Problem> {
        self.domain.api_keys().revoke(&caller, id.0.0).await?;
        Ok(Deleted::Gone)
    }
}

//! `/v1/keys`: keys for programs. They are made, changed and revoked by people.

mod aliases;
mod wire;

use std::time::Duration;

use domain::Domain;
use domain::api_keys::Holder;
use domain::entities::id::ApiKeyId;
use domain::paging::PageRequest;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;

use crate::auth::{Caller, Person};
use crate::body::Body;
use crate::convention::{Created, Deleted, IdempotencyKey};
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::{Id, PageSize};

pub use aliases::KeyAliasesApi;
pub(super) use wire::{ApiKey, ApiKeyList};
use wire::{ApiKeyRequest, IssuedKey, KeyHolder, RotateRequest};

pub struct KeysApi {
    pub domain: Domain,
}

#[OpenApi(prefix_path = "/v1/keys", tag = "Tag::Keys")]
impl KeysApi {
    /// Make a key
    ///
    /// `key` is the key itself, told this once: a repetition under the same `Idempotency-Key` answers without it.
    #[oai(path = "/", method = "post", operation_id = "createKey")]
    async fn create(
        &self,
        caller: Person,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        body: Body<ApiKeyRequest>,
    ) -> Result<Created<IssuedKey>, Problem> {
        create(&self.domain, &caller, &key, body, None).await
    }

    /// List the caller's keys
    ///
    /// Newest first; those that ended are listed for a while.
    #[oai(path = "/", method = "get", operation_id = "listKeys")]
    async fn list(
        &self,
        caller: Caller,
        /// What they are for.
        holder: Query<Option<KeyHolder>>,
        /// 50 when absent or 0, at most 1000.
        page_size: Query<Option<PageSize>>,
        /// `next_page_token` of the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<ApiKeyList>, Problem> {
        list(&self.domain, &caller, holder.0.map(Into::into), page_size.0, page_token.0).await
    }

    /// One key of the caller's
    #[oai(path = "/:id", method = "get", operation_id = "getKey")]
    async fn get(&self, caller: Caller, id: Path<Id<ApiKeyId>>) -> Result<Json<ApiKey>, Problem> {
        Ok(Json(self.domain.api_keys().get(&caller, id.0.0).await?.into()))
    }

    /// Revoke a key
    ///
    /// It opens nothing any more, within two seconds everywhere.
    #[oai(path = "/:id", method = "delete", operation_id = "revokeKey")]
    async fn revoke(&self, caller: Person, id: Path<Id<ApiKeyId>>) -> Result<Deleted, Problem> {
        self.domain.api_keys().revoke(&caller, id.0.0).await?;
        Ok(Deleted::Gone)
    }

    /// Put a new key in the place of one
    ///
    /// The new one has its name and scopes; the old one ends when the overlap does.
    #[oai(path = "/:id/rotate", method = "post", operation_id = "rotateKey")]
    async fn rotate(
        &self,
        caller: Person,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        id: Path<Id<ApiKeyId>>,
        body: Body<RotateRequest>,
    ) -> Result<Created<IssuedKey>, Problem> {
        let claim = key.claim(&caller, &body.document);
        let overlap = Duration::from_secs(body.value.overlap_seconds.into());
        let issued = self.domain.api_keys().rotate(&caller, id.0.0, overlap, claim.as_ref()).await?;
        Ok(Created::at(format!("/v1/keys/{}", issued.get().key.id), issued, Into::into))
    }
}

async fn list(
    domain: &Domain,
    caller: &domain::Caller,
    holder: Option<Holder>,
    page_size: Option<PageSize>,
    token: Option<String>,
) -> Result<Json<ApiKeyList>, Problem> {
    let page = PageRequest { size: page_size.map(i64::from), token };
    Ok(Json(domain.api_keys().list(caller, holder, &page).await?.into()))
}

async fn create(
    domain: &Domain,
    caller: &domain::Caller,
    key: &IdempotencyKey,
    body: Body<ApiKeyRequest>,
    holder: Option<Holder>,
) -> Result<Created<IssuedKey>, Problem> {
    let claim = key.claim(caller, &body.document);
    let issued = domain.api_keys().create(caller, body.value.read(holder), claim.as_ref()).await?;
    Ok(Created::at(format!("/v1/keys/{}", issued.get().key.id), issued, Into::into))
}

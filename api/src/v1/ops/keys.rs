//! Keys of other people's, as those see them who run the house.

use domain::Domain;
use domain::entities::id::{ApiKeyId, UserId};
use domain::paging::PageRequest;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use serde_json::Value;

use crate::auth::{Architect, Observer};
use crate::convention::IdempotencyKey;
use crate::problem::Problem;
use crate::v1::Tag;
use crate::v1::keys::{ApiKey, ApiKeyList};
use crate::wire::{Id, PageSize};

pub struct KeysApi {
    pub domain: Domain,
}

#[OpenApi(prefix_path = "/v1/ops", tag = "Tag::Ops")]
impl KeysApi {
    /// The keys of a user
    #[oai(path = "/users/:id/keys", method = "get", operation_id = "listUserKeys")]
    async fn of_user(
        &self,
        _observer: Observer,
        id: Path<Id<UserId>>,
        /// 50 when absent or 0, at most 1000.
        page_size: Query<Option<PageSize>>,
        /// `next_page_token` of the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<ApiKeyList>, Problem> {
        let page = PageRequest { size: page_size.0.map(i64::from), token: page_token.0 };
        Ok(Json(self.domain.ops().keys_of(id.0.0, &page).await?.into()))
    }

    /// Revoke a key of anybody's
    ///
    /// It opens nothing any more, within two seconds everywhere.
    #[oai(path = "/keys/:id/revoke", method = "post", operation_id = "revokeUserKey")]
    async fn revoke(
        &self,
        architect: Architect,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        id: Path<Id<ApiKeyId>>,
    ) -> Result<Json<ApiKey>, Problem> {
        let claim = key.claim(&architect.caller, &Value::Null);
        Ok(Json(self.domain.ops().revoke_key(&architect, id.0.0, claim.as_ref()).await?.into()))
    }
}

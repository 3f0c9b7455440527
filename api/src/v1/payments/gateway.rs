//! `/v1/gateway/payment-intents`: payments that agents have signed.

use domain::Domain;
use domain::paging::PageRequest;
use poem_openapi::OpenApi;
use poem_openapi::param::Query;
use poem_openapi::payload::Json;

use super::gateway_wire::{IntentList, IntentState, IntentsRequest};
use crate::auth::{Caller, Scope};
use crate::body::Body;
use crate::convention::{Accepted, IdempotencyKey, Operations, Prefer};
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::PageSize;

pub struct GatewayApi {
    pub domain: Domain,
    pub operations: Operations,
}

#[OpenApi(prefix_path = "/v1/gateway", tag = "Tag::Payments")]
impl GatewayApi {
    /// Hand in payments that agents have signed
    ///
    /// All of them are taken or none. From now on they count as unsettled of the caller's vendor; the operation debits the agents.
    #[oai(path = "/payment-intents", method = "post", operation_id = "submitPaymentIntents")]
    async fn submit(
        &self,
        #[oai(scope = "Scope::Collect")] caller: Caller,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        #[oai(name = "Prefer")] prefer: Prefer,
        body: Body<IntentsRequest>,
    ) -> Result<Accepted, Problem> {
        let claim = key.claim(&caller, &body.document);
        let signed = body.value.read()?;
        let handed = self.domain.intents().submit(&caller, &signed, claim.as_ref()).await?;
        self.operations.accepted(&caller, handed.map(|handed| handed.job_id), prefer).await
    }

    /// What became of signed payments
    ///
    /// Newest first.
    #[oai(path = "/payment-intents", method = "get", operation_id = "listPaymentIntents")]
    async fn list(
        &self,
        caller: Caller,
        state: Query<Option<IntentState>>,
        /// 50 when absent or 0, at most 1000.
        page_size: Query<Option<PageSize>>,
        /// `next_page_token` of the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<IntentList>, Problem> {
        let page = PageRequest { size: page_size.0.map(i64::from), token: page_token.0 };
        let page = self.domain.intents().list(&caller, state.0.map(Into::into), &page).await?;
        let payment_intents = page.items.into_iter().map(Into::into).collect();
        Ok(Json(IntentList { payment_intents, next_page_token: page.next_page_token }))
    }
}

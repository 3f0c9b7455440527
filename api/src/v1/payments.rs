//! `/v1/agent/…` and `/v1/vendor/…`: what agents pay and vendors earn.

mod bonds;
mod gateway;
mod gateway_wire;
mod vendor;
mod wire;

use domain::Domain;
use domain::paging::PageRequest;
use poem_openapi::OpenApi;
use poem_openapi::param::Query;
use poem_openapi::payload::Json;

use crate::auth::{Caller, Person, Scope};
use crate::body::Body;
use crate::convention::{Acted, IdempotencyKey};
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::PageSize;

pub use bonds::BondsApi;
pub use gateway::GatewayApi;
pub use vendor::EarningsApi;
use wire::{AgentBalanceList, LimitsList, LimitsRequest, PayRequest, Payment, SpendingLimits, TransactionList};

pub struct PaymentsApi {
    pub domain: Domain,
}

#[OpenApi(prefix_path = "/v1/agent", tag = "Tag::Payments")]
impl PaymentsApi {
    /// Pay a vendor
    ///
    /// It is done when this answers. The payer makes the id: sent again with the same content it is the same answer, with other content a conflict.
    /// A payment that was refused has moved nothing, and its id may be used again.
    #[oai(path = "/pay", method = "post", operation_id = "pay")]
    async fn pay(
        &self,
        #[oai(scope = "Scope::Pay")] caller: Caller,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        body: Body<PayRequest>,
    ) -> Result<Acted<Payment>, Problem> {
        let claim = key.claim(&caller, &body.document);
        let paid = self.domain.payments().pay(&caller, body.value.into(), claim.as_ref()).await?;
        let replayed = paid.is_replay();
        Ok(Acted::on(paid.into_inner().into()).replayed(replayed))
    }

    /// What the caller's agent has
    #[oai(path = "/balance", method = "get", operation_id = "getAgentBalance")]
    async fn balance(&self, caller: Caller) -> Result<Json<AgentBalanceList>, Problem> {
        let balances = self.domain.payments().agent_balances(&caller).await?;
        Ok(Json(AgentBalanceList { balances: balances.into_iter().map(Into::into).collect() }))
    }

    /// What moved on the caller's agent
    ///
    /// Newest first.
    #[oai(path = "/transactions", method = "get", operation_id = "listAgentTransactions")]
    async fn transactions(
        &self,
        caller: Caller,
        /// 50 when absent or 0, at most 1000.
        page_size: Query<Option<PageSize>>,
        /// `next_page_token` of the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<TransactionList>, Problem> {
        let page = PageRequest { size: page_size.0.map(i64::from), token: page_token.0 };
        let page = self.domain.payments().agent_transactions(&caller, &page).await?;
        let transactions = page.items.into_iter().map(Into::into).collect();
        Ok(Json(TransactionList { transactions, next_page_token: page.next_page_token }))
    }

    /// What the caller's agent may spend
    #[oai(path = "/limits", method = "get", operation_id = "getAgentLimits")]
    async fn limits(&self, caller: Caller) -> Result<Json<LimitsList>, Problem> {
        let limits = self.domain.payments().limits(&caller).await?;
        Ok(Json(LimitsList { limits: limits.into_iter().map(Into::into).collect() }))
    }

    /// Say what the caller's agent may spend
    ///
    /// Replaces the limits in one mint; what is absent has none. They hold for every payment from now on. No key does this.
    #[oai(path = "/limits", method = "put", operation_id = "setAgentLimits")]
    async fn set_limits(&self, caller: Person, body: Body<LimitsRequest>) -> Result<Json<SpendingLimits>, Problem> {
        Ok(Json(self.domain.payments().set_limits(&caller, body.value.into()).await?.into()))
    }
}

//! `/v1/agent/deposit…`: money that arrives on chain.

mod wire;

use domain::Domain;
use domain::paging::PageRequest;
use poem_openapi::OpenApi;
use poem_openapi::param::Query;
use poem_openapi::payload::Json;

use crate::auth::{Caller, Scope};
use crate::body::Body;
use crate::convention::{Accepted, IdempotencyKey, Operations, Prefer};
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::PageSize;

pub use wire::{Deposit, DepositList, DepositState};
use wire::{DepositAddressList, DepositRequest};

pub struct DepositsApi {
    pub domain: Domain,
    pub operations: Operations,
}

#[OpenApi(prefix_path = "/v1/agent", tag = "Tag::Payments")]
impl DepositsApi {
    /// Where the caller's agent deposits
    ///
    /// Send tokens there, from the caller's own wallet or with the memo beside the transfer; they are credited when the transaction is final.
    #[oai(path = "/deposit-address", method = "get", operation_id = "getDepositAddress")]
    async fn address(&self, caller: Caller) -> Result<Json<DepositAddressList>, Problem> {
        let addresses = self.domain.deposits().addresses(&caller).await?;
        Ok(Json(DepositAddressList { addresses: addresses.into_iter().map(Into::into).collect() }))
    }

    /// Have a deposit looked at now
    ///
    /// Deposits are found without it; this finds one sooner, and says what is wrong with it. It credits nothing twice, and whose the money is the transaction
    /// itself decides.
    #[oai(path = "/deposit", method = "post", operation_id = "verifyDeposit")]
    async fn verify(
        &self,
        #[oai(scope = "Scope::Pay")] caller: Caller,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        #[oai(name = "Prefer")] prefer: Prefer,
        body: Body<DepositRequest>,
    ) -> Result<Accepted, Problem> {
        let claim = key.claim(&caller, &body.document);
        let claimed = self.domain.deposits().claim(&caller, &body.value.tx_hash, claim.as_ref()).await?;
        self.operations.accepted(&caller, claimed.map(|claimed| claimed.job_id), prefer).await
    }

    /// What the caller's agent has deposited
    ///
    /// Newest first.
    #[oai(path = "/deposits", method = "get", operation_id = "listDeposits")]
    async fn list(
        &self,
        caller: Caller,
        /// 50 when absent or 0, at most 1000.
        page_size: Query<Option<PageSize>>,
        /// `next_page_token` of the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<DepositList>, Problem> {
        let page = PageRequest { size: page_size.0.map(i64::from), token: page_token.0 };
        Ok(Json(self.domain.deposits().own(&caller, &page).await?.into()))
    }
}

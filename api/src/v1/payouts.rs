//! `/v1/vendor/payouts`: what vendors earned, to their wallets.

use domain::Domain;
use domain::entities::id::{BatchId, PayoutId};
use domain::paging::PageRequest;
use domain::settlements::{self, PayoutState as State};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use crate::auth::{Caller, Person};
use crate::body::Body;
use crate::convention::{Accepted, IdempotencyKey, Operations, Prefer};
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::{Id, Money, PageSize, Time, Wallet};

pub struct PayoutsApi {
    pub domain: Domain,
    pub operations: Operations,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum PayoutState {
    /// It waits for a batch.
    Pending,
    /// It has its place in one.
    Batched,
    /// A transaction with it was signed.
    Submitted,
    /// It has arrived, finally.
    Confirmed,
    /// It cannot arrive there; the vendor has it again.
    Returned,
}

impl From<State> for PayoutState {
    fn from(state: State) -> Self {
        match state {
            State::Pending => Self::Pending,
            State::Batched => Self::Batched,
            State::Submitted => Self::Submitted,
            State::Confirmed => Self::Confirmed,
            State::Returned => Self::Returned,
        }
    }
}

/// A payout to ask for.
#[derive(Debug, Object)]
struct PayoutRequest {
    /// In atomic units, more than 0.
    amount: Money,
    /// The house's own mint when absent.
    mint: Option<Wallet>,
    /// Whoever owns the token account that it goes to; the account is made when it is missing.
    destination_wallet: Wallet,
    /// 1 to 200 characters; the same reference is the same payout.
    reference: String,
}

/// Money on its way from a vendor's balance to their wallet.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct Payout {
    id: Id<PayoutId>,
    amount: Money,
    mint: Wallet,
    destination_wallet: Wallet,
    reference: String,
    state: PayoutState,
    batch_id: Option<Id<BatchId>>,
    /// The signature of the transaction that paid it.
    tx_hash: Option<String>,
    /// Why it came back.
    failure: Option<String>,
    created_at: Time,
    ended_at: Option<Time>,
}

/// One page of payouts, newest first.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct PayoutList {
    payouts: Vec<Payout>,
    /// Absent on the last page.
    next_page_token: Option<String>,
}

impl From<PayoutRequest> for settlements::PayoutRequest {
    fn from(request: PayoutRequest) -> Self {
        Self {
            amount: request.amount.0,
            mint: request.mint.map(|mint| mint.0),
            destination_wallet: request.destination_wallet.0,
            reference: request.reference,
        }
    }
}

impl From<settlements::Payout> for Payout {
    fn from(row: settlements::Payout) -> Self {
        Self {
            id: row.id.into(),
            amount: row.amount.into(),
            mint: row.mint.into(),
            destination_wallet: row.destination_wallet.into(),
            reference: row.reference,
            state: row.state.into(),
            batch_id: row.batch_id.map(Into::into),
            tx_hash: row.signature.map(|signature| signature.to_string()),
            failure: row.failure,
            created_at: row.created_at.into(),
            ended_at: row.ended_at.map(Into::into),
        }
    }
}

#[OpenApi(prefix_path = "/v1/vendor", tag = "Tag::Payments")]
impl PayoutsApi {
    /// Have earnings paid out
    ///
    /// The amount leaves the balance at once. It is paid with others in one transaction on chain; follow `Location`, or send `Prefer: wait=30`.
    /// It says where money goes, so people ask for it and no key does.
    #[oai(path = "/payouts", method = "post", operation_id = "requestPayout")]
    async fn request(
        &self,
        caller: Person,
        /// Check everything, pay nothing.
        #[oai(default)]
        validate_only: Query<bool>,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        #[oai(name = "Prefer")] prefer: Prefer,
        body: Body<PayoutRequest>,
    ) -> Result<Accepted, Problem> {
        if validate_only.0 {
            self.domain.settlements().validate(&caller, body.value.into()).await?;
            return Ok(Accepted::validated("track_payout", self.domain.now()));
        }
        let claim = key.claim(&caller, &body.document);
        let requested = self.domain.settlements().request(&caller, body.value.into(), claim.as_ref()).await?;
        self.operations.accepted(&caller, requested.map(|requested| requested.job_id), prefer).await
    }

    /// The caller's payouts
    #[oai(path = "/payouts", method = "get", operation_id = "listPayouts")]
    async fn list(
        &self,
        caller: Caller,
        /// 50 when absent or 0, at most 1000.
        page_size: Query<Option<PageSize>>,
        /// `next_page_token` of the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<PayoutList>, Problem> {
        let page = PageRequest { size: page_size.0.map(i64::from), token: page_token.0 };
        let page = self.domain.settlements().list(&caller, &page).await?;
        Ok(Json(PayoutList { payouts: page.items.into_iter().map(Into::into).collect(), next_page_token: page.next_page_token }))
    }

    /// One payout
    #[oai(path = "/payouts/:id", method = "get", operation_id = "getPayout")]
    async fn get(&self, caller: Caller, id: Path<Id<PayoutId>>) -> Result<Json<Payout>, Problem> {
        Ok(Json(self.domain.settlements().get(&caller, id.0.0).await?.into()))
    }
}

//! `/v1/agent/bond/…`: money that an agent puts down.

use domain::Domain;
use poem_openapi::OpenApi;
use poem_openapi::param::Query;

use super::wire::{BondRequest, Bonded};
use crate::auth::{Caller, Scope};
use crate::body::Body;
use crate::convention::{Accepted, Acted, IdempotencyKey, Operations, Prefer};
use crate::problem::Problem;
use crate::v1::Tag;

pub struct BondsApi {
    pub domain: Domain,
    pub operations: Operations,
}

#[OpenApi(prefix_path = "/v1/agent/bond", tag = "Tag::Payments")]
impl BondsApi {
    /// Put money down as a bond
    #[oai(path = "/deposit", method = "post", operation_id = "depositBond")]
    async fn deposit(
        &self,
        #[oai(scope = "Scope::Pay")] caller: Caller,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        body: Body<BondRequest>,
    ) -> Result<Acted<Bonded>, Problem> {
        let (claim, request) = (key.claim(&caller, &body.document), body.value);
        let bonded = self.domain.payments().bond(&caller, request.amount.0, request.mint.map(|mint| mint.0), claim.as_ref()).await?;
        let replayed = bonded.is_replay();
        Ok(Acted::on(bonded.into_inner().into()).replayed(replayed))
    }

    /// Ask for a bond back
    ///
    /// It is no bond from now on, and can be spent when the operation has ended, after `payments.unbonding_seconds`.
    #[oai(path = "/withdraw", method = "post", operation_id = "withdrawBond")]
    async fn withdraw(
        &self,
        #[oai(scope = "Scope::Pay")] caller: Caller,
        /// Check everything, ask for nothing.
        #[oai(default)]
        validate_only: Query<bool>,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        #[oai(name = "Prefer")] prefer: Prefer,
        body: Body<BondRequest>,
    ) -> Result<Accepted, Problem> {
        let (claim, request) = (key.claim(&caller, &body.document), body.value);
        let (amount, mint) = (request.amount.0, request.mint.map(|mint| mint.0));
        if validate_only.0 {
            self.domain.payments().validate_unbond(&caller, amount, mint).await?;
            return Ok(Accepted::validated("release_bond", self.domain.now()));
        }
        let unbonding = self.domain.payments().unbond(&caller, amount, mint, claim.as_ref()).await?;
        self.operations.accepted(&caller, unbonding.map(|unbonding| unbonding.job_id), prefer).await
    }
}

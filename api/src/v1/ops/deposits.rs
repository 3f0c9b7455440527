//! Deposits, as those see them who run the house: those that are nobody's yet, and giving them to somebody.

use domain::Domain;
use domain::entities::id::{DepositId, ProfileId};
use domain::paging::PageRequest;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use crate::auth::{Architect, Observer};
use crate::body::Body;
use crate::convention::{Acted, IdempotencyKey};
use crate::problem::Problem;
use crate::v1::Tag;
use crate::v1::deposits::{Deposit, DepositList, DepositState};
use crate::wire::{Id, PageSize};

pub struct DepositsApi {
    pub domain: Domain,
}

/// To whom.
#[derive(Debug, Object)]
struct CreditRequest {
    /// The profile of an agent.
    profile_id: Id<ProfileId>,
}

#[OpenApi(prefix_path = "/v1/ops/deposits", tag = "Tag::Ops")]
impl DepositsApi {
    /// What arrived on chain
    ///
    /// Newest first. What is `unattributed` waits for its sender to link the wallet, or for somebody who decides.
    #[oai(path = "/", method = "get", operation_id = "listAllDeposits")]
    async fn list(
        &self,
        _observer: Observer,
        state: Query<Option<DepositState>>,
        /// 50 when absent or 0, at most 1000.
        page_size: Query<Option<PageSize>>,
        /// `next_page_token` of the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<DepositList>, Problem> {
        let page = PageRequest { size: page_size.0.map(i64::from), token: page_token.0 };
        Ok(Json(self.domain.deposits().all(state.0.map(Into::into), &page).await?.into()))
    }

    /// Give a deposit that is nobody's to an agent
    ///
    /// Once; what somebody has stays theirs.
    #[oai(path = "/:id/credit", method = "post", operation_id = "creditDeposit")]
    async fn credit(
        &self,
        architect: Architect,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        id: Path<Id<DepositId>>,
        body: Body<CreditRequest>,
    ) -> Result<Acted<Deposit>, Problem> {
        let claim = key.claim(&architect.caller, &body.document);
        let credited = self.domain.ops().credit_deposit(&architect, id.0.0, body.value.profile_id.0, claim.as_ref()).await?;
        let replayed = credited.is_replay();
        Ok(Acted::on(credited.into_inner().into()).replayed(replayed))
    }
}

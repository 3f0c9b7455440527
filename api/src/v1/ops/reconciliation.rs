//! `/v1/ops/reconciliation`: whether chain and books agree.

use domain::Domain;
use domain::entities::Amount;
use domain::reconciliation::CustodyCheck;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use crate::auth::Observer;
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::{Count, Money, Time, Wallet};

pub struct ReconciliationApi {
    pub domain: Domain,
}

/// What chain and books said of a mint when they were last compared.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct Reconciliation {
    mint: Wallet,
    symbol: String,
    /// What the custody accounts held on chain.
    custody: Money,
    /// What the house owes.
    liabilities: Money,
    /// The part of it that is on its way to vendors.
    in_flight: Money,
    /// The part of it that arrived and is nobody's yet.
    unattributed: Money,
    /// Transactions of the accounts that were seen and not read yet.
    unread: Count,
    /// What is on chain beyond what the books expect there, in atomic units; with `-` before it when it is less.
    drift: String,
    /// The part of the difference for which there is no reason.
    unexplained: String,
    /// Nothing of this mint is paid out.
    is_stopped: bool,
    /// Why.
    reason: Option<String>,
    stopped_at: Option<Time>,
    checked_at: Time,
}

#[derive(Debug, Object)]
struct ReconciliationList {
    mints: Vec<Reconciliation>,
}

#[OpenApi(prefix_path = "/v1/ops/reconciliation", tag = "Tag::Ops")]
impl ReconciliationApi {
    /// Whether chain and books agree
    ///
    /// Compared every minute. Where a difference has no reason, nothing of that mint is paid out until it has one.
    #[oai(path = "/", method = "get", operation_id = "getReconciliation")]
    async fn get(&self, _observer: Observer) -> Result<Json<ReconciliationList>, Problem> {
        let found = self.domain.reconciliation().list().await?;
        let payments = &self.domain.settings().payments;
        Ok(Json(ReconciliationList { mints: found.into_iter().map(|check| told(payments.symbol_of(&check.mint), check)).collect() }))
    }
}

fn told(symbol: String, check: CustodyCheck) -> Reconciliation {
    let money = |atomic: i64| Money(Amount::new(atomic).unwrap_or_default());
    Reconciliation {
        mint: check.mint.into(),
        symbol,
        custody: money(check.custody),
        liabilities: money(check.liabilities),
        in_flight: money(check.in_flight),
        unattributed: money(check.unattributed),
        unread: check.unread.into(),
        drift: check.drift.to_string(),
        unexplained: check.unexplained.to_string(),
        is_stopped: check.stopped,
        reason: check.reason,
        stopped_at: check.stopped_at.map(Into::into),
        checked_at: check.checked_at.into(),
    }
}

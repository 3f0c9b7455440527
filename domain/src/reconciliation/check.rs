//! Compare, write down what was found, and stop or let go on what is paid out.

use std::collections::BTreeMap;

use entities::{Address, custody_check};
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait as _, IntoActiveModel as _};
use serde_json::json;

use super::{CustodyCheck, Figures, Reconciliation, Seen, Verdict, judge};
use crate::deposits::{DepositError, Scan};
use crate::events::{self, NewEvent};

/// A difference that passes is none: chain and books are looked at so often before it counts.
const LOOKS: u32 = 3;

/// Where the house tells its operators.
const TOPIC: &str = "ops";

impl Reconciliation<'_> {
    /// Compare every mint that has a custody account. Answers what was found.
    ///
    /// # Errors
    /// When the node or the database does not answer: then nothing is known, and what was known stays.
    pub async fn check_all(&self) -> Result<Vec<CustodyCheck>, DepositError> {
        let mut of_mint: BTreeMap<Address, Vec<Address>> = BTreeMap::new();
        for account in self.domain.deposits().open_custody().await? {
            of_mint.entry(account.mint).or_default().push(account.address);
        }
        let mut found = Vec::with_capacity(of_mint.len());
        for (mint, accounts) in of_mint {
            found.push(self.check(mint, &accounts).await?);
        }
        Ok(found)
    }

    async fn check(&self, mint: Address, accounts: &[Address]) -> Result<CustodyCheck, DepositError> {
        let mut looked = self.look(mint, accounts).await?;
        for _ in 1..LOOKS {
            if looked.2 == Verdict::Agrees {
                break;
            }
            looked = self.look(mint, accounts).await?;
        }
        let (seen, figures, verdict) = looked;
        self.keep(mint, seen, &figures, verdict).await
    }

    /// Custody first, then everything that is known of its history, then the books.
    async fn look(&self, mint: Address, accounts: &[Address]) -> Result<(Seen, Figures, Verdict), DepositError> {
        let deposits = self.domain.deposits();
        let chain = deposits.chain()?;
        let before = slot(chain.slot().await?);
        let held = chain.token_accounts(accounts).await?;
        let after = slot(chain.slot().await?);
        let custody = held.iter().flatten().filter(|account| account.mint == mint).map(|account| i128::from(account.amount)).sum();
        let mut is_known = true;
        for account in accounts {
            is_known &= deposits.scan(*account).await? == Scan::Complete;
            is_known &= !deposits.take(*account).await?.is_behind;
        }
        let mut figures = Figures::read(&self.domain.db, mint, (before, after)).await?;
        // What was not even seen counts as one more that is unread.
        figures.unread += i64::from(!is_known);
        let seen = Seen { custody };
        Ok((seen, figures, judge(seen, &figures)))
    }

    async fn keep(&self, mint: Address, seen: Seen, figures: &Figures, verdict: Verdict) -> Result<CustodyCheck, DepositError> {
        use custody_check::Column::{
            CheckedAt, Custody, Drift, Expected, InFlight, Liabilities, Mint, Reason, Stopped, StoppedAt, Unattributed, Unexplained, Unread,
        };
        let now = self.domain.now();
        let earlier = self.of(mint).await?;
        let was_stopped = earlier.as_ref().is_some_and(|check| check.stopped);
        let (stopped, unexplained, reason) = match verdict {
            Verdict::Agrees => (false, 0, None),
            Verdict::Unread { transactions } => {
                let reason =
                    format!("{transactions} transactions of the custody accounts are not read yet; until they are, nothing is decided");
                (was_stopped, earlier.as_ref().map_or(0, |check| check.unexplained.into()), Some(reason))
            }
            Verdict::Differs { unexplained, reason } => (true, unexplained, Some(reason)),
        };
        let row = CustodyCheck {
            mint,
            custody: narrow(seen.custody),
            expected: narrow(figures.expected()),
            liabilities: narrow(figures.liabilities),
            in_flight: narrow(figures.in_flight),
            unattributed: narrow(figures.suspense),
            unread: figures.unread,
            drift: narrow(seen.custody - figures.expected()),
            unexplained: narrow(unexplained),
            stopped,
            stopped_at: stopped.then(|| earlier.and_then(|check| check.stopped_at).unwrap_or(now)),
            reason,
            checked_at: now,
        };
        let txn = self.domain.db.write().await?;
        let figures = [Custody, Expected, Liabilities, InFlight, Unattributed, Unread, Drift, Unexplained];
        let replaced = figures.into_iter().chain([Stopped, Reason, StoppedAt, CheckedAt]);
        let replace = OnConflict::column(Mint).update_columns(replaced).to_owned();
        custody_check::Entity::insert(row.clone().into_active_model()).on_conflict(replace).exec_without_returning(&*txn).await?;
        if stopped != was_stopped {
            let state = if stopped { "stopped" } else { "resumed" };
            let data = json!({ "state": state, "mint": mint, "unexplained": row.unexplained.to_string(), "reason": row.reason });
            events::append(self.domain, &txn, NewEvent { topic: TOPIC.into(), event: "reconciliationUpdate", data }).await?;
        }
        txn.commit().await?;
        if stopped {
            let reason = row.reason.as_deref();
            tracing::error!(%mint, row.unexplained, reason, "chain and books differ; nothing of this mint is paid out");
        } else if was_stopped {
            tracing::warn!(%mint, "chain and books agree again; payouts of this mint go on");
        }
        Ok(row)
    }
}

fn slot(slot: u64) -> i64 {
    i64::try_from(slot).unwrap_or(i64::MAX)
}

fn narrow(figure: i128) -> i64 {
    i64::try_from(figure).unwrap_or(if figure < 0 { i64::MIN } else { i64::MAX })
}

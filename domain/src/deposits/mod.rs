//! Money that arrives on chain. `docs/deposits.md` tells it to people.
//!
//! The history of each custody account is walked from the newest transaction back to a cursor (`scan.rs`), each of its transactions is read, oldest first
//! (`take.rs`), and what a transaction brought is booked in one commit (`book.rs`): a row for each transfer, which exists once, and its transfer in the
//! ledger. Asking for one transaction (`verify.rs`) books by the same rows, so that no way and no order of ways credits twice.

mod arrivals;
mod attribute;
mod book;
mod custody;
mod error;
mod list;
mod scan;
mod settings;
mod take;
mod verify;

pub use arrivals::{Arrival, Arrivals, arrivals};
pub(crate) use attribute::credit;
pub(crate) use book::Owner;
pub use custody::DepositAddress;
pub use entities::custody_account::Model as CustodyAccount;
pub use entities::deposit::{Attribution, Model as Deposit, State as DepositState};
pub use error::DepositError;
pub use scan::Scan;
pub use settings::Settings;
pub use take::Taken;
pub use verify::{Claimed, Verified};

use std::sync::Arc;

use jobs::kinds::IndexDeposits;

use crate::context::Domain;
use crate::ports::chain::Chain;

/// What arrives on chain.
#[derive(Clone, Copy)]
pub struct Deposits<'a> {
    pub(crate) domain: &'a Domain,
}

impl Domain {
    /// What arrives on chain.
    #[must_use]
    pub fn deposits(&self) -> Deposits<'_> {
        Deposits { domain: self }
    }
}

/// What one job found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Indexed {
    /// Transactions that were read.
    pub transactions: u32,
    /// Transfers to us in them.
    pub deposits: u32,
    /// Earlier deposits whose agent is known by now.
    pub attributed: u32,
    /// There is more to do at once.
    pub is_behind: bool,
}

impl Deposits<'_> {
    /// Walk every custody account's history and book what is in it, within the bounds of one job.
    ///
    /// # Errors
    /// When the node or the database does not answer; what is booked by then stays booked.
    pub async fn index(&self) -> Result<Indexed, DepositError> {
        let mut done = Indexed { attributed: self.attribute_known().await?, ..Indexed::default() };
        for account in self.open_custody().await? {
            if self.scan(account.address).await? == Scan::Underway {
                done.is_behind = true;
                continue;
            }
            let taken = self.take(account.address).await?;
            done.transactions += taken.transactions;
            done.deposits += taken.deposits;
            done.is_behind |= taken.is_behind;
        }
        Ok(done)
    }

    /// Look soon: somebody has heard that something happened. To lose a hint costs seconds.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn hint(&self) -> Result<(), DepositError> {
        let txn = self.domain.db.write().await?;
        let (_, wake) = self.domain.queue.enqueue(&txn, &IndexDeposits {}).await?;
        Ok(jobs::commit(txn, wake).await?)
    }

    pub(crate) fn chain(&self) -> Result<&Arc<dyn Chain>, DepositError> {
        self.domain.ports.chain.as_ref().ok_or(DepositError::NoChain)
    }
}

//! Closing the book: all that was decided, in one statement on PostgreSQL and in three on SQLite.

mod postgres;
mod sqlite;

use platform::{Engine, Txn};

use super::book::{Book, Held, Known, Unwritten};
use super::read::open_accounts;
use super::{AccountKind, LedgerError};

/// What is to be written.
struct Changes<'a> {
    figures: Vec<(entities::id::AccountId, &'a Held)>,
    /// Accounts whose figures are what is to be added.
    given: Vec<(entities::id::AccountId, &'a Held)>,
    created: Vec<&'a Known>,
    resolved: Vec<&'a Known>,
}

/// How many rows of those that may be missing were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Written {
    created: u64,
    given: u64,
}

impl Book {
    /// Write down what was decided.
    ///
    /// # Errors
    /// [`LedgerError::Raced`] when one of the ids was taken meanwhile, or an account that is given something is not there; the transaction has
    /// to be rolled back then.
    pub(crate) async fn close(self, txn: &Txn) -> Result<(), LedgerError> {
        let touched = |is_blind: bool| self.accounts.iter().filter(move |(_, held)| held.is_changed && held.is_blind == is_blind);
        let of = |what| self.transfers.values().filter(move |known| known.unwritten == what).collect::<Vec<_>>();
        let changes = Changes {
            figures: touched(false).map(|(id, held)| (*id, held)).collect(),
            given: touched(true).map(|(id, held)| (*id, held)).collect(),
            created: of(Unwritten::All),
            resolved: of(Unwritten::Resolution),
        };
        if changes.figures.is_empty() && changes.given.is_empty() && changes.created.is_empty() {
            return Ok(());
        }
        let mut opened: Vec<_> = changes.given.iter().filter_map(|(_, held)| held.opens).collect();
        opened.sort_unstable_by_key(|account| (account.kind == AccountKind::VendorUnsettled, account.id()));
        open_accounts(txn, &opened, self.now).await?;
        let expected = Written { created: changes.created.len() as u64, given: changes.given.len() as u64 };
        let written = match txn.engine() {
            Engine::Sqlite => sqlite::write(txn, &changes).await?,
            Engine::Postgres => postgres::write(txn, &changes).await?,
        };
        if written == expected { Ok(()) } else { Err(LedgerError::Raced) }
    }
}

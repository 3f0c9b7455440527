//! Money as double entry: transfers between accounts, in atomic units, and nothing else ever moves any. `docs/ledger.md` tells it to people.
//!
//! Whoever moves money brings the id of the transfer and a transaction; [`apply`] takes any number of [`Chain`]s with a handful of statements:
//!
//! ```ignore
//! let earned = Account::of(AccountKind::VendorUnsettled, vendor_id, mint);
//! let leaving = Account::of(AccountKind::VendorInFlight, vendor_id, mint);
//! let payout = NewTransfer::new(transfer_id, earned, leaving, amount, TransferKind::Payout);
//! let moved = ledger::one(&domain, &txn, Step::Create(payout)).await?;        // a replay answers `Posted::Existed`
//! ```
//!
//! Rules for callers: one `apply` in a transaction, and the rows of the ledger last among all that the transaction locks. It locks the
//! accounts in the order of their ids, so that two transactions that obey never wait for each other in a circle.

mod account;
mod apply;
mod balances;
mod book;
mod error;
mod expire;
mod figures;
mod read;
mod statement;
mod transfer;
mod verify;
mod write;

pub use account::Account;
pub use apply::{apply, one};
pub use balances::{Balance, Total, balance, balances_of, totals};
pub(crate) use balances::{wide, wide_sum};
pub(crate) use book::Book;
pub use entities::ledger_account::Kind as AccountKind;
pub use entities::ledger_transfer::{Kind as TransferKind, Model as Transfer, State as TransferState};
pub use error::{LedgerError, Refusal};
pub use expire::void_expired;
pub use figures::Figures;
pub(crate) use read::hold;
pub use read::transfer;
pub use statement::{Entry, Statement, explain, statement};
pub use transfer::{Chain, NewTransfer, Phase, Posted, Step};
pub use verify::{Break, Progress, verify};

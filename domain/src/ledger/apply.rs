//! Moving money in a transaction of the caller's.

use platform::Txn;

use super::{Book, Chain, LedgerError, Posted, Refusal, Step};
use crate::context::Domain;

/// Take any number of chains with a handful of statements. Each is taken whole or refused whole, in the given order; one that is refused
/// leaves the others alone. The answers stand in the order of the chains, with one [`Posted`] for each step.
///
/// # Errors
/// [`LedgerError::Raced`], [`LedgerError::Database`]: the transaction has to be rolled back, and may be tried again.
pub async fn apply(domain: &Domain, txn: &Txn, chains: &[Chain]) -> Result<Vec<Result<Vec<Posted>, Refusal>>, LedgerError> {
    let mut book = Book::open(domain, txn, chains, &[]).await?;
    let done = chains.iter().map(|chain| book.run(chain, || domain.queue.ids().next())).collect();
    book.close(txn).await?;
    Ok(done)
}

/// Take one step.
///
/// # Errors
/// [`LedgerError::Refused`] when a rule says no, and as [`apply`].
pub async fn one(domain: &Domain, txn: &Txn, step: Step) -> Result<Posted, LedgerError> {
    let done = apply(domain, txn, &[Chain::one(step)]).await?;
    let mut done = done.into_iter().next().unwrap_or_else(|| Ok(Vec::new()))?;
    // One chain with one step has one answer.
    done.pop().ok_or(LedgerError::Raced)
}

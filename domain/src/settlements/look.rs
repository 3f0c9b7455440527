//! What to do about a transaction that is signed and stored.

use entities::{Address, Signature};

use crate::ports::chain::{Chain, ChainError, Depth, Height, Page, Seen, Status, TransactionFailure};

/// What to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// It happened, and cannot be undone.
    Done { slot: u64 },
    /// It is over, and has changed nothing but the payer's lamports.
    Failed { slot: u64, failure: TransactionFailure },
    /// It is on its way. Send nothing.
    Wait,
    /// Nobody knows it, and a block may still take it: send the stored bytes again.
    SendAgain,
    /// It never happened and never will. Only now may another attempt be signed.
    Expired,
}

/// Ask how far it has come. The height is read before the status: when every block that could hold the transaction was final before we looked
/// for it, not to find it is an answer. The other way round it could land in between.
///
/// # Errors
/// When the node does not answer; nothing is known then.
pub async fn look(chain: &dyn Chain, signature: Signature, last_valid: Height) -> Result<Next, ChainError> {
    let height = chain.height().await?;
    let status = chain.statuses(&[signature]).await?.pop().flatten();
    Ok(next(height, last_valid, status))
}

fn next(height: Height, last_valid: Height, status: Option<Status>) -> Next {
    match status {
        Some(Status { slot, depth: Depth::Finalized, failure: None }) => Next::Done { slot },
        Some(Status { slot, depth: Depth::Finalized, failure: Some(failure) }) => Next::Failed { slot, failure },
        Some(_) => Next::Wait,
        None if height > last_valid => Next::Expired,
        None => Next::SendAgain,
    }
}

/// The transaction that made a marker: the one that paid the batch, whatever else is known of it. Nothing as long as none is final.
///
/// # Errors
/// When the node does not answer.
pub async fn paid_by(chain: &dyn Chain, marker: Address) -> Result<Option<Seen>, ChainError> {
    let mut page = Page { before: None, until: None, size: Page::SIZE_MAX };
    loop {
        let seen = chain.signatures(marker, page).await?;
        // Failed attempts stand in its history too.
        if let Some(paid) = seen.iter().find(|seen| seen.failure.is_none()) {
            return Ok(Some(paid.clone()));
        }
        match seen.last() {
            Some(oldest) => page.before = Some(oldest.signature),
            None => return Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(depth: Depth) -> Status {
        Status { slot: 9, depth, failure: None }
    }

    #[test]
    fn only_a_final_status_ends_an_attempt_that_is_known() {
        let (height, last_valid) = (Height(500), Height(100));
        assert_eq!(next(height, last_valid, Some(status(Depth::Finalized))), Next::Done { slot: 9 });
        for depth in [Depth::Processed, Depth::Confirmed] {
            assert_eq!(next(height, last_valid, Some(status(depth))), Next::Wait, "it is past its height and lives");
        }
    }

    #[test]
    fn an_unknown_attempt_is_sent_until_the_last_block_that_takes_it_is_final() {
        assert_eq!(next(Height(99), Height(100), None), Next::SendAgain);
        assert_eq!(next(Height(100), Height(100), None), Next::SendAgain, "the last block may hold it");
        assert_eq!(next(Height(101), Height(100), None), Next::Expired);
    }
}

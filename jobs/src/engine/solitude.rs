//! A job on its last life runs alone in its process: when the process dies over it, it was the job, and no neighbour is taken along.
//! While it waits for the others to end and while it runs, no pool of the process claims anything.

use std::sync::Arc;

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Shared by the fetchers of one process. Claims go on side by side; solitude waits for those under way and holds up all others.
#[derive(Debug, Clone, Default)]
pub struct Solitude(Arc<RwLock<()>>);

impl Solitude {
    /// Resolves when jobs may be claimed. Keep the answer until they are among the leases of the process.
    pub async fn company(&self) -> RwLockReadGuard<'_, ()> {
        self.0.read().await
    }

    /// Resolves when no claim is under way. Nobody else of the process claims until the answer is dropped.
    pub async fn alone(&self) -> RwLockWriteGuard<'_, ()> {
        self.0.write().await
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use futures::future::poll_immediate;

    use super::*;

    #[tokio::test]
    async fn whoever_waits_to_be_alone_holds_up_all_claims_that_come_later() {
        let solitude = Solitude::default();
        let claim = solitude.company().await;
        let mut alone = Box::pin(solitude.alone());
        assert!(poll_immediate(&mut alone).await.is_none(), "a claim is under way");
        assert!(solitude.company().now_or_never().is_none(), "no other one begins");
        drop(claim);
        let alone = alone.await;
        assert!(solitude.company().now_or_never().is_none());
        drop(alone);
        assert!(solitude.company().now_or_never().is_some());
    }

    #[tokio::test]
    async fn between_two_that_are_alone_a_claim_that_waits_has_its_turn() {
        let solitude = Solitude::default();
        let first = solitude.alone().await;
        let mut claim = Box::pin(solitude.company());
        assert!(poll_immediate(&mut claim).await.is_none());
        drop(first);
        let mut second = Box::pin(solitude.alone());
        assert!(poll_immediate(&mut second).await.is_none(), "the claim was there before");
        drop(claim.await);
        assert!(poll_immediate(&mut second).await.is_some());
    }
}

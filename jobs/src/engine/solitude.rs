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

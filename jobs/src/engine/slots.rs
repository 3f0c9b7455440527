//! How many jobs of a pool this process runs at once; operators may change it while it runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Notify;

/// The places of one pool. Only one fetcher takes places, so looking and taking need not be one step.
#[derive(Debug)]
pub struct Slots {
    limit: AtomicU32,
    used: AtomicU32,
    changed: Notify,
}

/// One taken place; dropping it frees the place.
#[derive(Debug)]
pub struct Slot(Arc<Slots>);

impl Slots {
    pub fn new(limit: u32) -> Arc<Self> {
        Arc::new(Self { limit: AtomicU32::new(limit), used: AtomicU32::new(0), changed: Notify::new() })
    }

    pub fn set_limit(&self, limit: u32) {
        self.limit.store(limit, Ordering::Release);
        self.changed.notify_one();
    }

    pub fn limit(&self) -> u32 {
        self.limit.load(Ordering::Acquire)
    }

    pub fn used(&self) -> u32 {
        self.used.load(Ordering::Acquire)
    }

    pub fn free(&self) -> u32 {
        self.limit().saturating_sub(self.used())
    }

    /// Resolves when so many places are free, or all of them.
    pub async fn wait(&self, wanted: u32) -> u32 {
        loop {
            let changed = self.changed.notified();
            let free = self.free();
            if free >= wanted.min(self.limit()).max(1) {
                return free;
            }
            changed.await;
        }
    }

    pub fn take(self: &Arc<Self>) -> Slot {
        self.used.fetch_add(1, Ordering::AcqRel);
        Slot(Arc::clone(self))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.used.fetch_sub(1, Ordering::AcqRel);
        self.0.changed.notify_one();
    }
}

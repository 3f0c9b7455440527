//! Waiting on conditions.

use std::time::Duration;

use crate::engines::handed_perhaps;

/// Resolves when `condition` holds.
///
/// # Panics
/// When it does not within 30 seconds; `what` says what was waited for.
pub async fn until(what: &str, condition: impl AsyncFnMut() -> bool) {
    until_within(Duration::from_secs(30), what, condition).await;
}

/// The same with another patience. Whoever has more of it looks less often.
///
/// # Panics
/// When `condition` does not hold within `patience`.
pub async fn until_within(patience: Duration, what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let looking = async {
        let mut every = tokio::time::interval((patience / 6_000).max(Duration::from_millis(5)));
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            if condition().await {
                return;
            }
        }
    };
    assert!(tokio::time::timeout(patience, looking).await.is_ok(), "waited {patience:?} in vain: {what}");
}

/// Whether campaigns may take long: `./test --long`.
#[must_use]
pub fn long_campaigns() -> bool {
    handed_perhaps("TEST_LONG").is_some()
}

/// A task of a test's own. Unlike a task of the product its panic is an error of its handle, so that what it asserts counts.
pub fn spawn<F>(task: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    #[expect(clippy::disallowed_methods, reason = "the product's tasks survive a panic; a test must not")]
    tokio::spawn(task)
}

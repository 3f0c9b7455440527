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

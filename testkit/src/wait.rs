//! Waiting on conditions.

use std::time::Duration;

/// Resolves when `condition` holds.
///
/// # Panics
/// When it does not within 30 seconds; `what` says what was waited for.
pub async fn until<F, Fut>(what: &str, mut condition: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    let patience = Duration::from_secs(30);
    let looking = async {
        let mut every = tokio::time::interval(Duration::from_millis(5));
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
#[expect(clippy::disallowed_methods, reason = "`./test` says in the environment what it was asked for")]
pub fn long_campaigns() -> bool {
    std::env::var("TEST_LONG").is_ok()
}

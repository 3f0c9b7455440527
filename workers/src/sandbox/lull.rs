//! When containers may be parked: in a lull. Filling the pool takes as much of the machine as a run does, and a run does not wait for it.

use std::time::Duration;

use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout},
};

/// A run that has just begun has the machine to itself for so long; most runs that hurry are over by then.
const HEAD_START: Duration = Duration::from_millis(200);
/// How long filling gives way. Under a load that never pauses the pool still has to fill, or nothing would ever get warm.
const POLITENESS: Duration = Duration::from_secs(2);

#[derive(Clone, Copy)]
struct Runs {
    /// How many are starting a fresh container now.
    starting: usize,
    last_began: Instant,
}

/// Knows when runs begin.
pub(super) struct Lull(watch::Sender<Runs>);

/// A run that starts a fresh container.
pub(super) struct Starting<'a>(&'a Lull);

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        self.0.0.send_modify(|runs| *runs = Runs { starting: runs.starting - 1, last_began: Instant::now() });
    }
}

impl Lull {
    pub fn new() -> Self {
        Self(watch::Sender::new(Runs { starting: 0, last_began: Instant::now() }))
    }

    /// A run has begun in a container that was there already.
    pub fn begun(&self) {
        self.0.send_modify(|runs| runs.last_began = Instant::now());
    }

    pub fn starting(&self) -> Starting<'_> {
        self.0.send_modify(|runs| runs.starting += 1);
        Starting(self)
    }

    /// Waits for a lull, but not for ever.
    pub async fn come(&self) {
        let mut news = self.0.subscribe();
        let lull = async {
            loop {
                let Runs { starting, last_began } = *news.borrow_and_update();
                let over = last_began + HEAD_START;
                if starting == 0 && over <= Instant::now() {
                    return;
                }
                tokio::select! {
                    _ = news.changed() => {}
                    () = sleep_until(over), if starting == 0 => {}
                }
            }
        };
        drop(timeout(POLITENESS, lull).await);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn filling_gives_way_to_runs_and_not_for_ever() {
        let lull = Lull::new();
        let starting = lull.starting();
        assert!(lull.come().now_or_never().is_none(), "a run needs the engine");
        let began = Instant::now();
        lull.come().await;
        assert!(began.elapsed() >= POLITENESS, "it waits as long as is polite");
        drop(starting);
        assert!(lull.come().now_or_never().is_none(), "the run has just begun");
        lull.come().await;
        assert!(lull.come().now_or_never().is_some());
        lull.begun();
        assert!(lull.come().now_or_never().is_none(), "another one has");
    }
}

//! When containers may be parked: in a lull. Filling the pool takes as much of the machine as a run does, and a run does not wait for it.

use std::time::Duration;

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
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
        let asked = Instant::now();
        loop {
            let runs = *news.borrow_and_update();
            let Some(until) = runs.in_the_way_until(asked, Instant::now()) else { return };
            tokio::select! {
                _ = news.changed() => {}
                () = sleep_until(until) => {}
            }
        }
    }
}

impl Runs {
    /// Until when whoever `asked` for a lull gives way if nothing else begins; `None` when `now` is one.
    fn in_the_way_until(self, asked: Instant, now: Instant) -> Option<Instant> {
        let patience = asked + POLITENESS;
        let until = if self.starting > 0 { patience } else { patience.min(self.last_began + HEAD_START) };
        (until > now).then_some(until)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn filling_gives_way_to_runs_and_not_for_ever() {
        let began = Instant::now();
        let after = |ms| began + Duration::from_millis(ms);
        let in_the_way = |starting, asked_ms, now_ms| Runs { starting, last_began: began }.in_the_way_until(after(asked_ms), after(now_ms));
        assert_eq!(in_the_way(0, 50, 50), Some(after(200)), "the run has just begun");
        assert_eq!(in_the_way(0, 50, 200), None);
        assert_eq!(in_the_way(1, 50, 200), Some(after(2_050)), "it still needs the engine");
        assert_eq!(in_the_way(1, 50, 2_050), None, "it waits as long as is polite");
    }

    #[tokio::test]
    async fn a_run_that_starts_is_in_the_way() {
        let lull = Lull::new();
        let starting = lull.starting();
        assert!(lull.come().now_or_never().is_none());
        let filling = lull.come();
        drop(starting);
        filling.await;
    }
}

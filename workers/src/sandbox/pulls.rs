//! One pull for each image and engine, in a task of its own: shared by all runs that wait, longer than any of them if it has to be.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::ports::sandbox::SandboxError;
use futures::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use tokio::{sync::Semaphore, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    engine::Engine,
    pull::{self, Pulled, Unpulled},
    settings::Settings,
};

/// How long the answer of a registry that nobody waited for is news. Whoever asks later asks the registry.
const NEWS: Duration = Duration::from_mins(5);
/// How long its silence is news, for all who ask: long enough for the runs that wait for the pull to come back and hear of it, so that none of
/// them begins another one that takes as long.
const SILENCE: Duration = Duration::from_mins(1);

type End = Result<Pulled, Unpulled>;
type Pull = Shared<BoxFuture<'static, (End, Instant)>>;

/// The pulls that are under way, so many at a time, and the ends that are still news.
pub(super) struct Pulls {
    by_image: Mutex<HashMap<Key, Pulling>>,
    places: Arc<Semaphore>,
    tasks: TaskTracker,
}

/// Daemon and image.
type Key = (String, String);

#[derive(Clone)]
struct Pulling {
    pull: Pull,
    since: Instant,
}

impl Pulls {
    pub fn new(pulls_max: usize) -> Self {
        Self { by_image: Mutex::default(), places: Arc::new(Semaphore::new(pulls_max)), tasks: TaskTracker::new() }
    }

    /// Pulls an image, or joins the pull that is under way. The wait ends `pull_wait_seconds_max` after the pull began.
    ///
    /// # Errors
    /// [`SandboxError::Pulling`] when it goes on after that, or as many others are under way as may be; else as [`pull::pull`].
    pub async fn pull(
        &self,
        engine: &Arc<Engine>,
        settings: &Arc<Settings>,
        stopping: &CancellationToken,
        image: &str,
    ) -> Result<Pulled, SandboxError> {
        let begin = || {
            let (engine, settings, stopping, image) = (engine.clone(), settings.clone(), stopping.clone(), image.to_owned());
            async move {
                let pulled = stopping.run_until_cancelled(pull::pull(&engine, &settings, &image)).await;
                pulled.unwrap_or_else(|| Err(Unpulled::Away("the sandbox is shutting down".into())))
            }
        };
        let key = (engine.daemon.clone(), image.to_owned());
        self.join(key, Duration::from_secs(settings.pull_wait_seconds_max), begin).await
    }

    /// Waits until no pull is under way any more.
    pub async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn join<F>(&self, key: Key, wait: Duration, begin: impl FnOnce() -> F) -> Result<Pulled, SandboxError>
    where
        F: Future<Output = End> + Send + 'static,
    {
        let Some(Pulling { pull, since }) = self.under_way(&key, begin) else {
            return Err(SandboxError::Pulling { image: key.1 });
        };
        let Ok((end, _)) = tokio::time::timeout_at(since + wait, pull.clone()).await else {
            return Err(SandboxError::Pulling { image: key.1 });
        };
        if end.is_ok() {
            self.heard(&key, &pull);
        }
        end.map_err(|unpulled| unpulled.into_error(key.1))
    }

    /// `None` when there is no place for it.
    fn under_way<F>(&self, key: &Key, begin: impl FnOnce() -> F) -> Option<Pulling>
    where
        F: Future<Output = End> + Send + 'static,
    {
        let mut by_image = self.lock();
        by_image.retain(|_, pulling| pulling.pull.peek().is_none_or(|(end, ended)| ended.elapsed() < news(end)));
        if let Some(pulling) = by_image.get(key) {
            return Some(pulling.clone());
        }
        let place = self.places.clone().try_acquire_owned().ok()?;
        let work = begin();
        let pull = async move {
            let end = work.await;
            drop(place);
            (end, Instant::now())
        };
        let pulling = Pulling { pull: pull.boxed().shared(), since: Instant::now() };
        self.tasks.spawn(pulling.pull.clone());
        by_image.insert(key.clone(), pulling.clone());
        Some(pulling)
    }

    /// An answer is heard once: the next one who asks begins anew.
    fn heard(&self, key: &Key, pull: &Pull) {
        let mut by_image = self.lock();
        if by_image.get(key).is_some_and(|pulling| pulling.pull.ptr_eq(pull)) {
            by_image.remove(key);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Pulling>> {
        self.by_image.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long an end is told to those who ask after it. That an engine was away says nothing about the one that is there now.
fn news(end: &End) -> Duration {
    match end {
        Ok(_) => NEWS,
        Err(Unpulled::Silent(_)) => SILENCE,
        Err(Unpulled::Away(_)) => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    const NEVER: Duration = Duration::from_mins(1);

    fn key() -> Key {
        ("d".into(), "acme/agent:1".into())
    }

    #[tokio::test]
    async fn all_who_wait_share_one_pull() {
        let pulls = Pulls::new(4);
        let (end, ended) = oneshot::channel();
        let first = pulls.join(key(), NEVER, || async { ended.await.expect("it ends") });
        let second = pulls.join(key(), NEVER, || async { panic!("there is one already") });
        let (first, second, ()) = tokio::join!(first, second, async { end.send(Ok(Pulled::Here)).expect("somebody waits") });
        assert!(matches!((first, second), (Ok(Pulled::Here), Ok(Pulled::Here))));
    }

    #[tokio::test]
    async fn a_pull_goes_on_when_nobody_waits_and_its_end_is_heard_once() {
        let pulls = Pulls::new(4);
        let (end, ended) = oneshot::channel();
        let impatient = pulls.join(key(), Duration::ZERO, || async { ended.await.expect("it ends") }).await;
        assert!(matches!(impatient, Err(SandboxError::Pulling { image }) if image == "acme/agent:1"));
        end.send(Ok(Pulled::Refused("no such image".into()))).expect("the pull goes on");
        let heard = pulls.join(key(), NEVER, || async { panic!("there is one already") }).await;
        assert!(matches!(heard, Ok(Pulled::Refused(_))));
        let anew = pulls.join(key(), NEVER, || async { Err(Unpulled::Silent("503".into())) }).await;
        assert!(matches!(anew, Err(SandboxError::Registry { .. })), "a registry that said no is asked again");
    }

    #[tokio::test]
    async fn a_registry_that_said_nothing_is_heard_of_by_all_who_come_back_for_the_pull() {
        let pulls = Pulls::new(4);
        let (end, ended) = oneshot::channel();
        let impatient = pulls.join(key(), Duration::ZERO, || async { ended.await.expect("it ends") }).await;
        assert!(matches!(impatient, Err(SandboxError::Pulling { .. })));
        end.send(Err(Unpulled::Silent("503".into()))).expect("the pull goes on");
        for _ in 0..3 {
            let heard = pulls.join(key(), NEVER, || async { panic!("there is one already") }).await;
            assert!(matches!(heard, Err(SandboxError::Registry { .. })));
        }
    }

    #[tokio::test]
    async fn an_engine_that_was_away_is_asked_anew() {
        let pulls = Pulls::new(4);
        let (end, ended) = oneshot::channel();
        let impatient = pulls.join(key(), Duration::ZERO, || async { ended.await.expect("it ends") }).await;
        assert!(matches!(impatient, Err(SandboxError::Pulling { .. })));
        end.send(Err(Unpulled::Away("gone".into()))).expect("the pull goes on");
        pulls.ended().await;
        let anew = pulls.join(key(), NEVER, || async { Ok(Pulled::Here) }).await;
        assert!(matches!(anew, Ok(Pulled::Here)));
    }

    #[tokio::test]
    async fn only_so_many_pulls_are_under_way_and_who_finds_no_place_comes_back() {
        let pulls = Pulls::new(1);
        let other = || ("d".to_owned(), "acme/other:1".to_owned());
        let (end, ended) = oneshot::channel();
        let first = pulls.join(key(), Duration::ZERO, || async { ended.await.expect("it ends") }).await;
        assert!(matches!(first, Err(SandboxError::Pulling { .. })));
        let second = pulls.join(other(), NEVER, || async { panic!("there is no place") }).await;
        assert!(matches!(second, Err(SandboxError::Pulling { image }) if image == "acme/other:1"));
        end.send(Ok(Pulled::Here)).expect("the pull goes on");
        pulls.ended().await;
        let second = pulls.join(other(), NEVER, || async { Ok(Pulled::Here) }).await;
        assert!(matches!(second, Ok(Pulled::Here)));
    }
}

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
use tokio::time::Instant;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    engine::Engine,
    pull::{self, Pulled, Unpulled},
    settings::Settings,
};

/// How long the end of a pull that nobody waited for is news. Whoever asks later asks the registry.
const NEWS: Duration = Duration::from_mins(5);

type End = Result<Pulled, Unpulled>;
type Pull = Shared<BoxFuture<'static, (End, Instant)>>;

/// The pulls that are under way, and the ends that nobody has heard yet.
#[derive(Default)]
pub(super) struct Pulls {
    by_image: Mutex<HashMap<Key, Pulling>>,
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
    /// Pulls an image, or joins the pull that is under way. The wait ends `pull_wait_seconds_max` after the pull began.
    ///
    /// # Errors
    /// [`SandboxError::Pulling`] when it goes on after that; else as [`pull::pull`].
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

    async fn join<F>(&self, key: Key, wait: Duration, begin: impl FnOnce() -> F) -> Result<Pulled, SandboxError>
    where
        F: Future<Output = End> + Send + 'static,
    {
        let Pulling { pull, since } = self.under_way(&key, begin);
        let Ok((end, _)) = tokio::time::timeout_at(since + wait, pull.clone()).await else {
            return Err(SandboxError::Pulling { image: key.1 });
        };
        self.heard(&key, &pull);
        end.map_err(|unpulled| unpulled.into_error(key.1))
    }

    fn under_way<F>(&self, key: &Key, begin: impl FnOnce() -> F) -> Pulling
    where
        F: Future<Output = End> + Send + 'static,
    {
        let mut by_image = self.lock();
        by_image.retain(|_, pulling| pulling.pull.peek().is_none_or(|(_, ended)| ended.elapsed() < NEWS));
        let start = || {
            let pull = begin().map(|end| (end, Instant::now())).boxed().shared();
            self.tasks.spawn(pull.clone());
            Pulling { pull, since: Instant::now() }
        };
        by_image.entry(key.clone()).or_insert_with(start).clone()
    }

    /// The next one who asks begins anew.
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
        let pulls = Pulls::default();
        let (end, ended) = oneshot::channel();
        let first = pulls.join(key(), NEVER, || async { ended.await.expect("it ends") });
        let second = pulls.join(key(), NEVER, || async { panic!("there is one already") });
        let (first, second, ()) = tokio::join!(first, second, async { end.send(Ok(Pulled::Here)).expect("somebody waits") });
        assert!(matches!((first, second), (Ok(Pulled::Here), Ok(Pulled::Here))));
    }

    #[tokio::test]
    async fn a_pull_goes_on_when_nobody_waits_and_its_end_is_heard_once() {
        let pulls = Pulls::default();
        let (end, ended) = oneshot::channel();
        let impatient = pulls.join(key(), Duration::ZERO, || async { ended.await.expect("it ends") }).await;
        assert!(matches!(impatient, Err(SandboxError::Pulling { image }) if image == "acme/agent:1"));
        end.send(Ok(Pulled::Refused("no such image".into()))).expect("the pull goes on");
        let heard = pulls.join(key(), NEVER, || async { panic!("there is one already") }).await;
        assert!(matches!(heard, Ok(Pulled::Refused(_))));
        let anew = pulls.join(key(), NEVER, || async { Err(Unpulled::Silent("503".into())) }).await;
        assert!(matches!(anew, Err(SandboxError::Registry { .. })), "a registry that said no is asked again");
    }
}

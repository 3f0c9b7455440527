//! Tasks that somebody waits for, and the signal that ends them.

use std::future::Future;

use futures::FutureExt as _;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

/// The background tasks of one process. Nothing is spawned outside of it, so nothing outlives a shutdown unseen.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    fell: CancellationToken,
}

impl Tasks {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Fires when the process is asked to end. Long loops select on it.
    #[must_use]
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Run a task in the background. A panic is logged with the task's name and does not end the process.
    pub fn spawn<F>(&self, name: &'static str, task: F) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let guarded = std::panic::AssertUnwindSafe(task).catch_unwind().map(move |ended| {
            if let Err(panic) = ended {
                tracing::error!(task = name, panic = panic_text(&*panic), "a background task panicked");
            }
        });
        self.tracker.spawn(guarded.instrument(tracing::info_span!("task", name)))
    }

    /// As [`Tasks::spawn`], for a task without which the process is worth nothing: its panic asks everything to end.
    pub fn spawn_vital<F>(&self, name: &'static str, task: F) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, fell) = (self.stop.clone(), self.fell.clone());
        self.spawn(name, async move {
            let guarded = std::panic::AssertUnwindSafe(task).catch_unwind().await;
            if let Err(panic) = guarded {
                fell.cancel();
                stop.cancel();
                std::panic::resume_unwind(panic);
            }
        })
    }

    /// Whether a vital task has panicked; the process should say so with its exit code.
    #[must_use]
    pub fn has_fallen(&self) -> bool {
        self.fell.is_cancelled()
    }

    /// Ask every task to end and wait until all have.
    pub async fn shut_down(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// Resolves with the first SIGTERM or SIGINT.
///
/// # Errors
/// When the signal handlers cannot be installed.
pub async fn shutdown_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

//! The queue as an `apalis_core` backend: `WorkerBuilder`, tower layers, extractors and `Monitor` stand on it.
//!
//! The backend only hands deliveries over. Claims, leases and ends have tasks of their own in [`engine`](crate::engine), because a backend is
//! polled only while the worker has nothing better to do: a renewal that waits for a poll comes too late (ADR 0001 shows it).

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use apalis_core::backend::finalize::Ephemeral;
use apalis_core::backend::{Backend, BackendConfig};
use apalis_core::error::BoxDynError;
use apalis_core::task::Task;
use apalis_core::task::builder::TaskBuilder;
use apalis_core::task::task_id::TaskId;
use apalis_core::worker::context::WorkerContext;
use futures::future::BoxFuture;
use tower::{Layer, Service};

use crate::engine::{Delivery, Node, PoolEngine, Ticket};
use crate::outcome::{JobError, Outcome};
use crate::policy::Pool;

/// The jobs of one pool, for one worker of this process.
pub struct SqlBackend {
    state: State,
    config: (),
}

enum State {
    /// Nothing is claimed before the worker polls for the first time, and after a fall not before a while.
    Waiting {
        start: Pin<Box<dyn Future<Output = PoolEngine> + Send>>,
    },
    Working(PoolEngine),
    Closing(BoxFuture<'static, ()>),
    Closed,
}

/// The backend has no errors of its own: a database that is away is waited for.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub enum Never {}

impl SqlBackend {
    /// Work for `pool`, `concurrency` jobs at once, after `delay` (for a worker that is started again after a fall).
    #[must_use]
    pub fn new(node: &Node, pool: Pool, concurrency: u32, delay: Duration) -> Self {
        let node = node.clone();
        let start = Box::pin(async move {
            tokio::time::sleep(delay).await;
            node.work_for(pool, concurrency)
        });
        Self { state: State::Waiting { start }, config: () }
    }

    fn close(&mut self) -> BoxFuture<'static, ()> {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Working(engine) => Box::pin(async move {
                engine.stop.cancel();
                // What was claimed and not started goes back at once.
                drop(engine.deliveries);
                let _ = engine.done.await;
            }),
            State::Closing(closing) => closing,
            State::Waiting { .. } | State::Closed => Box::pin(std::future::ready(())),
        }
    }
}

impl Backend for SqlBackend {
    type Task = Task<Delivery>;
    type Error = Never;

    fn poll_ready(&mut self, cx: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Never>> {
        if let State::Waiting { start } = &mut self.state {
            match start.as_mut().poll(cx) {
                Poll::Ready(engine) => self.state = State::Working(engine),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_next(&mut self, cx: &mut Context<'_>, _: &WorkerContext) -> Poll<Option<Result<Self::Task, Never>>> {
        let State::Working(engine) = &mut self.state else { return Poll::Ready(None) };
        engine.deliveries.poll_recv(cx).map(|next| {
            next.map(|(delivery, ticket)| {
                let id = TaskId::from_string(delivery.run.job_id().to_string());
                Ok(TaskBuilder::new(delivery).task_id(id).data(ticket).build())
            })
        })
    }

    fn poll_close(&mut self, cx: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Never>> {
        let mut closing = self.close();
        match closing.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Ok(())),
            Poll::Pending => {
                self.state = State::Closing(closing);
                Poll::Pending
            }
        }
    }
}

impl BackendConfig for SqlBackend {
    type Args = Delivery;
    type Id = String;
    type Kind = Ephemeral;
    type Config = ();
    type Layer = FinishLayer;

    fn config(&self) -> &() {
        &self.config
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> FinishLayer {
        FinishLayer
    }
}

/// Writes what the handler answered onto the job's ticket. It stands outside of every other layer, so that a timeout or a
/// caught panic of one of them is an end like any other.
#[derive(Debug, Clone, Copy)]
pub struct FinishLayer;

/// See [`FinishLayer`].
#[derive(Debug, Clone)]
pub struct Finish<S>(S);

impl<S> Layer<S> for FinishLayer {
    type Service = Finish<S>;

    fn layer(&self, inner: S) -> Finish<S> {
        Finish(inner)
    }
}

impl<S> Service<Task<Delivery>> for Finish<S>
where
    S: Service<Task<Delivery>, Response = Outcome>,
    S::Future: Send + 'static,
    S::Error: Into<BoxDynError>,
{
    type Response = ();
    type Error = BoxDynError;
    type Future = BoxFuture<'static, Result<(), BoxDynError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxDynError>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, task: Task<Delivery>) -> Self::Future {
        let ticket = task.ctx().data().get::<Ticket>().cloned();
        let handler = self.0.call(task);
        Box::pin(async move {
            let outcome = handler.await.unwrap_or_else(|error| {
                let error: BoxDynError = error.into();
                Outcome::Errored(JobError::new("handler-failed", error.to_string()))
            });
            if let Some(ticket) = ticket {
                ticket.finish(outcome);
            }
            Ok(())
        })
    }
}

//! From a delivery to its handler: decode, bound in time, listen for the cancellation, say what came of it.

use std::time::Duration;

use async_trait::async_trait;
use domain::Domain;
use jobs::kinds::JobKind;
use jobs::{Delivery, JobError, Limit, Outcome, Run};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::Instrument as _;

use crate::handlers;
use crate::outcome::Handled;
use crate::pools::Handle;

/// How long a handler that was told to end may take to do so.
const GRACE: Duration = Duration::from_secs(10);

/// Knows the handler of every kind.
#[derive(Clone)]
pub struct Dispatch {
    domain: Domain,
    settings: handlers::Settings,
}

impl Dispatch {
    #[must_use]
    pub fn new(domain: Domain, settings: handlers::Settings) -> Self {
        Self { domain, settings }
    }

    async fn run(&self, kind: JobKind, payload: Value, run: &Run) -> Handled {
        let domain = &self.domain;
        match kind {
            JobKind::ApplyBulk => handlers::apply_bulk::handle(domain, decode(payload)?, run).await,
            JobKind::DeliverWebhook => handlers::deliver_webhook::handle(domain, decode(payload)?, run).await,
            JobKind::IndexDeposits => handlers::index_deposits::handle(domain, decode(payload)?, run).await,
            JobKind::PostIntents => handlers::post_intents::handle(domain, decode(payload)?, run).await,
            JobKind::Probe => handlers::probe::handle(&self.settings, decode(payload)?, run).await,
            JobKind::PruneRows => handlers::prune_rows::handle(domain, &self.settings, decode(payload)?, run).await,
            JobKind::ReconcileCustody => handlers::reconcile_custody::handle(domain, decode(payload)?, run).await,
            JobKind::ReconcileExecutions => handlers::reconcile_executions::handle(domain, decode(payload)?, run).await,
            JobKind::ReconcilePayments => handlers::reconcile_payments::handle(domain, decode(payload)?, run).await,
            JobKind::ReconcileWebhooks => handlers::reconcile_webhooks::handle(domain, decode(payload)?, run).await,
            JobKind::ReleaseBond => handlers::release_bond::handle(domain, decode(payload)?, run).await,
            JobKind::RunAgent => handlers::run_agent::handle(domain, &self.settings, decode(payload)?, run).await,
            JobKind::SealBatches => handlers::seal_batches::handle(domain, decode(payload)?, run).await,
            JobKind::SettleBatch => handlers::settle_batch::handle(domain, decode(payload)?, run).await,
            JobKind::TrackPayout => handlers::track_payout::handle(domain, decode(payload)?, run).await,
            JobKind::SendMail => handlers::send_mail::handle(domain, decode(payload)?, run).await,
            JobKind::SweepContainers => handlers::sweep_containers::handle(domain, decode(payload)?, run).await,
            JobKind::ValidateIndexes => handlers::validate_indexes::handle(domain, decode(payload)?, run).await,
            JobKind::VerifyDeposit => handlers::verify_deposit::handle(domain, decode(payload)?, run).await,
            JobKind::VoidExpiredTransfers => handlers::void_expired_transfers::handle(domain, decode(payload)?, run).await,
        }
    }

    fn limit(&self, kind: JobKind) -> Duration {
        let seconds = match kind.policy().run_seconds_max {
            Limit::Seconds(seconds) => seconds,
            Limit::OfExecution { extra_seconds } => self.domain.settings().executions.run_seconds_max.saturating_add(extra_seconds),
        };
        Duration::from_secs(seconds.into())
    }

    async fn bounded(&self, kind: JobKind, payload: Value, run: &Run) -> Outcome {
        let limit = self.limit(kind);
        let cancelled = async {
            run.cancel().cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            handled = tokio::time::timeout(limit, self.run(kind, payload, run)) => match handled {
                Ok(handled) => handled.unwrap_or_else(Outcome::from),
                Err(_) => Outcome::Errored(JobError::new("timeout", format!("the attempt took longer than {} s", limit.as_secs()))),
            },
            () = cancelled => Outcome::Cancelled,
        }
    }
}

#[async_trait]
impl Handle for Dispatch {
    async fn handle(&self, delivery: Delivery) -> Outcome {
        let Delivery { kind, payload, trace_id, run } = delivery;
        let span = tracing::info_span!("job", job.id = %run.job_id(), kind, attempt = run.attempt());
        if let Some(trace) = trace_id {
            platform::telemetry::adopt(&span, &trace);
        }
        async {
            let outcome = match JobKind::named(&kind) {
                Some(kind) => self.bounded(kind, payload, &run).await,
                None => Outcome::Failed(JobError::new("unknown-kind", format!("this program knows no job kind `{kind}`"))),
            };
            match &outcome {
                Outcome::Errored(error) | Outcome::Failed(error) => {
                    tracing::warn!(error.code, error.message, "attempt {} of job `{}` failed", run.attempt(), run.job_id());
                }
                Outcome::Snoozed { delay, why } => tracing::info!(delay_ms = delay.as_millis(), why, "the job comes back later"),
                Outcome::Succeeded(_) | Outcome::Settled | Outcome::Cancelled | Outcome::Released => {
                    tracing::debug!(?outcome, "the attempt ended");
                }
            }
            outcome
        }
        .instrument(span)
        .await
    }
}

/// A payload that is not one of its kind fails its row, at once and for good.
fn decode<J: DeserializeOwned>(payload: Value) -> Result<J, Undecodable> {
    serde_json::from_value(payload).map_err(Undecodable)
}

/// The payload in the row is not one of its kind.
#[derive(Debug, thiserror::Error)]
#[error("the payload does not fit the kind of the job: {0}")]
pub struct Undecodable(serde_json::Error);

impl domain::Fault for Undecodable {
    fn class(&self) -> domain::Class {
        domain::Class::Invalid
    }

    fn code(&self) -> &'static str {
        "undecodable-payload"
    }
}

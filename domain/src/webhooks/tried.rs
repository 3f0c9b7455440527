//! What came of a request: written down with its consequences in one transaction, and only by the attempt that still holds the job.

use std::time::Duration;

use entities::Timestamp;
use entities::id::DeliveryId;
use entities::webhook_delivery::{self, State};
use entities::{webhook_attempt, webhook_endpoint};
use jobs::{JobError, Run, Settled, Wake};
use platform::Txn;
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QuerySelect as _};
use serde_json::json;

use super::deliver::{DELETED, result_of, undelivered};
use super::{Outgoing, WebhookError, Webhooks};
use crate::json::{shortened, without_nul};
use crate::ports::http_out::{HttpAnswer, HttpOutError};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
/// The pauses between the requests of one delivery: ten of them over three days. Up to a tenth is added, so that receivers that come back are
/// not overrun.
pub const RETRY_AFTER: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * MINUTE),
    Duration::from_secs(30 * MINUTE),
    Duration::from_secs(2 * HOUR),
    Duration::from_secs(5 * HOUR),
    Duration::from_secs(10 * HOUR),
    Duration::from_secs(14 * HOUR),
    Duration::from_secs(20 * HOUR),
    Duration::from_secs(24 * HOUR),
];
/// Gone (RFC 9110 § 15.5.11): the receiver wants no more.
const GONE: u16 = 410;
const ERROR_CHARS_MAX: usize = 500;
/// A failure that comes so long after the one before it is the first of a new row: longer than the longest pause of [`RETRY_AFTER`], so only where
/// nothing was sent in between.
const QUIET: Duration = Duration::from_hours(48);

/// How it goes on.
#[derive(Debug)]
pub enum Next {
    /// The delivery is over, and its job with it.
    Over,
    /// It is sent again after that time.
    Later { delay: Duration, why: String },
}

/// What a request means for its delivery.
enum Verdict {
    Delivered,
    Again(Duration),
    GivenUp,
    /// And nothing more is to be sent to that endpoint.
    Gone,
}

impl Webhooks<'_> {
    /// Write down what came of a request.
    ///
    /// # Errors
    /// When the lease was lost meanwhile: nothing is recorded then, and the delivery may be sent again.
    pub async fn tried(
        &self,
        sent: Outgoing,
        answer: Result<HttpAnswer, HttpOutError>,
        latency: Duration,
        run: &Run,
    ) -> Result<Next, WebhookError> {
        let Outgoing { mut delivery, at, .. } = sent;
        let txn = self.domain.db.write().await?;
        // The endpoint before its deliveries, as whoever deletes it locks them: nobody waits for one another in a ring. New deliveries may come.
        let lock = webhook_endpoint::Entity::find_by_id(delivery.endpoint_id).lock(LockType::NoKeyUpdate);
        lock.one(&*txn).await?;
        let Some(current) = webhook_delivery::Entity::find_by_id(delivery.id).lock_exclusive().one(&*txn).await? else {
            run.settle_in(&txn, Settled::Succeeded(json!({ "skipped": DELETED }))).await?;
            txn.commit().await?;
            return Ok(Next::Over);
        };
        // It may have been sent by the job of another schedule meanwhile.
        (delivery.attempts, delivery.tries) = (current.attempts + 1, delivery.tries + 1);
        let (verdict, error) = self.verdict(&delivery, &answer);
        let row = webhook_attempt::Model {
            delivery_id: delivery.id,
            number: delivery.attempts,
            at,
            latency_ms: i32::try_from(latency.as_millis()).unwrap_or(i32::MAX),
            status: answer.as_ref().ok().map(|answer| answer.status.into()),
            error: answer.as_ref().err().map(|error| shortened(&error.to_string(), ERROR_CHARS_MAX)),
            answer: answer.as_ref().ok().map(|answer| without_nul(&String::from_utf8_lossy(&answer.body))),
        };
        let next = match &verdict {
            Verdict::Again(delay) => {
                Next::Later { delay: *delay, why: format!("try {} of {}: {error}", delivery.tries, delivery.tries_max) }
            }
            _ => Next::Over,
        };
        match &next {
            Next::Over if matches!(verdict, Verdict::Delivered) => run.settle_in(&txn, Settled::Succeeded(result_of(&delivery))).await?,
            Next::Over => run.settle_in(&txn, Settled::Failed(undelivered(error.clone()))).await?,
            Next::Later { .. } => run.progress_in(&txn, &json!({ "attempts": delivery.attempts, "last": error })).await?,
        }
        webhook_attempt::Entity::insert(row.into_active_model()).exec_without_returning(&*txn).await?;
        let failed = !matches!(verdict, Verdict::Delivered);
        self.write(&txn, &delivery, &verdict, failed.then_some(error)).await?;
        let wake = self.judge_endpoint(&txn, &delivery, &verdict).await?;
        txn.commit().await?;
        if let Some(wake) = wake {
            wake.send();
        }
        tracing::info!(webhook.id = %delivery.endpoint_id, delivery.id = %delivery.id, attempt = delivery.attempts, failed, "sent delivery `{}`", delivery.id);
        Ok(next)
    }

    /// It will not be sent: say why, and fail the job.
    ///
    /// # Errors
    /// As [`tried`](Self::tried).
    pub async fn given_up(&self, id: DeliveryId, error: &JobError, run: &Run) -> Result<(), WebhookError> {
        let over = webhook_delivery::ActiveModel {
            state: Set(State::Failed),
            next_at: Set(None),
            error: Set(Some(error.message.clone())),
            finished_at: Set(Some(self.domain.now())),
            ..webhook_delivery::ActiveModel::default()
        };
        let txn = self.domain.db.write().await?;
        run.settle_in(&txn, Settled::Failed(error.clone())).await?;
        let of_it = webhook_delivery::Entity::update_many().set(over).filter(webhook_delivery::Column::Id.eq(id));
        of_it.filter(webhook_delivery::Column::JobId.eq(run.job_id())).exec(&*txn).await?;
        txn.commit().await?;
        Ok(())
    }

    fn verdict(self, delivery: &webhook_delivery::Model, answer: &Result<HttpAnswer, HttpOutError>) -> (Verdict, String) {
        let error = match answer {
            Ok(answer) if (200..300).contains(&answer.status) => return (Verdict::Delivered, String::new()),
            Ok(answer) if answer.status == GONE => return (Verdict::Gone, "the receiver answered 410: it wants no more".into()),
            Ok(answer) => format!("the receiver answered {}", answer.status),
            Err(error) => shortened(&error.to_string(), ERROR_CHARS_MAX),
        };
        let pause = usize::try_from(delivery.tries - 1).ok().and_then(|tries| RETRY_AFTER.get(tries));
        match pause.filter(|_| delivery.tries < delivery.tries_max) {
            Some(pause) => (Verdict::Again(*pause + self.spread(*pause)), error),
            None => (Verdict::GivenUp, error),
        }
    }

    /// Up to a tenth of it.
    fn spread(self, pause: Duration) -> Duration {
        let mut chance = [0; 1];
        self.domain.rng.fill(&mut chance);
        pause / 10 * u32::from(chance[0]) / 255
    }

    async fn write(
        &self,
        txn: &Txn,
        delivery: &webhook_delivery::Model,
        verdict: &Verdict,
        error: Option<String>,
    ) -> Result<(), WebhookError> {
        let now = self.domain.now();
        let (state, next_at) = match verdict {
            Verdict::Delivered => (State::Delivered, None),
            Verdict::Again(delay) => (State::Queued, Some(now.plus(*delay))),
            Verdict::GivenUp | Verdict::Gone => (State::Failed, None),
        };
        let row = webhook_delivery::ActiveModel {
            state: Set(state),
            attempts: Set(delivery.attempts),
            tries: Set(delivery.tries),
            next_at: Set(next_at),
            error: Set(error),
            finished_at: Set((state != State::Queued).then_some(now)),
            ..webhook_delivery::ActiveModel::default()
        };
        // Whoever asked for it again meanwhile has made it another job's; what was tried counts all the same.
        let of_it = webhook_delivery::Entity::update_many().set(row).filter(webhook_delivery::Column::Id.eq(delivery.id));
        let written = of_it.filter(webhook_delivery::Column::JobId.eq(delivery.job_id)).exec(&**txn).await?;
        if written.rows_affected == 0 {
            let count = webhook_delivery::Entity::update_many().filter(webhook_delivery::Column::Id.eq(delivery.id));
            count.col_expr(webhook_delivery::Column::Attempts, Expr::value(delivery.attempts)).exec(&**txn).await?;
        }
        Ok(())
    }

    /// How the endpoint is doing: a success forgets its failures, and so does a long pause; it is disabled when it is gone, when nothing has
    /// reached it while a whole schedule was used up, or for so long that it does not matter what waits. A test is no sign of illness.
    async fn judge_endpoint(&self, txn: &Txn, delivery: &webhook_delivery::Model, verdict: &Verdict) -> Result<Option<Wake>, WebhookError> {
        let of_it = webhook_endpoint::Column::Id.eq(delivery.endpoint_id);
        let since = |since| webhook_endpoint::ActiveModel { failing_since: Set(since), ..webhook_endpoint::ActiveModel::default() };
        match verdict {
            Verdict::Delivered => {
                let failing = webhook_endpoint::Column::FailingSince.is_not_null();
                webhook_endpoint::Entity::update_many().set(since(None)).filter(of_it).filter(failing).exec(&**txn).await?;
                Ok(None)
            }
            Verdict::Gone => self.disable(txn, delivery.endpoint_id, "the receiver answered 410: it wants no more").await,
            Verdict::Again(_) | Verdict::GivenUp if delivery.tries_max == 1 => Ok(None),
            Verdict::Again(_) | Verdict::GivenUp => {
                let now = self.domain.now();
                let endpoint = webhook_endpoint::Entity::find().filter(of_it.clone()).one(&**txn).await?;
                let Some(endpoint) = endpoint else { return Ok(None) };
                let goes_on = endpoint.failed_at.is_some_and(|last| last > before(now, QUIET));
                let failing_since = endpoint.failing_since.filter(|_| goes_on).unwrap_or(now);
                let failed = webhook_endpoint::ActiveModel { failed_at: Set(Some(now)), ..since(Some(failing_since)) };
                webhook_endpoint::Entity::update_many().set(failed).filter(of_it).exec(&**txn).await?;
                let hours_max = self.domain.settings.webhooks.failing_hours_max;
                // Where many wait for their turn none may ever come to its last try.
                if failing_since <= before(self.domain.now(), Duration::from_secs(HOUR) * hours_max) {
                    return self.disable(txn, delivery.endpoint_id, &format!("nothing has reached it for {hours_max} hours")).await;
                }
                if matches!(verdict, Verdict::Again(_)) {
                    return Ok(None);
                }
                let number = delivery.attempts - delivery.tries + 1;
                let Some(first) = webhook_attempt::Entity::find_by_id((delivery.id, number)).one(&**txn).await? else { return Ok(None) };
                // The first failure is written down when its request is over; the request of another one may have begun in between.
                if failing_since
                    > first.at.plus(Duration::from_millis(first.latency_ms.try_into().unwrap_or(0)).saturating_add(RETRY_AFTER[0]))
                {
                    return Ok(None);
                }
                self.disable(txn, delivery.endpoint_id, "it has not answered for days, and a delivery has used up all its tries").await
            }
        }
    }
}

/// So long before that moment.
pub fn before(moment: Timestamp, span: Duration) -> Timestamp {
    Timestamp::from_micros(moment.micros().saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
}

//! Who works: one row per pool of a process, and what operators decided about the pool.

use std::sync::Arc;
use std::time::Instant;

use platform::Db;
use sea_orm::DbErr;
use tokio_util::sync::CancellationToken;

use super::Settings;
use super::slots::Slots;
use crate::policy::Pool;
use crate::store::controls;
use crate::store::workers::{self, Sign};

/// A worker as its row shows it.
pub struct Post {
    pub db: Db,
    pub pool: Pool,
    pub worker: String,
    pub slots: Arc<Slots>,
    /// Jobs at once as the process was started; an operator's number takes its place while it stands.
    pub concurrency: u32,
}

impl Post {
    /// Give a sign of life and follow the operators' number until `stop` fires; then take the row away.
    pub async fn keep(self, settings: Settings, draining: CancellationToken, stop: CancellationToken) {
        let mut every = tokio::time::interval(settings.poll().min(settings.renew_every()));
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut signed: Option<Instant> = None;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = every.tick() => {}
            }
            let due = signed.is_none_or(|signed| signed.elapsed() >= settings.renew_every());
            let kept = async {
                self.follow().await?;
                if due {
                    self.sign(draining.is_cancelled()).await?;
                    signed = Some(Instant::now());
                }
                Ok::<(), DbErr>(())
            };
            if let Err(error) = kept.await {
                tracing::warn!(%error, worker = self.worker, "the worker's row could not be kept; trying again");
            }
        }
        if let Err(error) = workers::sign_off(&self.db, &self.worker).await {
            tracing::warn!(%error, worker = self.worker, "the worker's row could not be taken away; retention will");
        }
    }

    async fn follow(&self) -> Result<(), DbErr> {
        let wanted = controls::concurrency_max(&self.db, self.pool).await?.unwrap_or(self.concurrency);
        if wanted != self.slots.limit() {
            self.slots.set_limit(wanted);
        }
        Ok(())
    }

    async fn sign(&self, draining: bool) -> Result<(), DbErr> {
        let sign = Sign { worker: &self.worker, pool: self.pool, concurrency: self.slots.limit(), busy: self.slots.used(), draining };
        workers::sign(&self.db, &sign).await
    }
}

//! The crontab: what fires when, what fired, and doing it now.

use ::jobs::store::schedules;
use entities::{Timestamp, schedule, schedule_fire};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::json;

use super::once::Done;
use super::{Actor, Ops, OpsError};
use crate::idempotency::{Claim, Once};
use crate::paging::{Page, PageRequest};

/// An entry and when it fired last.
#[derive(Debug, Clone)]
pub struct ScheduleView {
    pub schedule: schedule::Model,
    pub last_fire: Option<schedule_fire::Model>,
}

impl Ops<'_> {
    /// Every entry.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn schedules(&self) -> Result<Vec<ScheduleView>, OpsError> {
        let all = schedule::Entity::find().order_by_asc(schedule::Column::Name).all(self.domain.db().connection()).await?;
        let mut views = Vec::with_capacity(all.len());
        for schedule in all {
            views.push(self.view(schedule).await?);
        }
        Ok(views)
    }

    /// One entry.
    ///
    /// # Errors
    /// [`OpsError::Missing`].
    pub async fn schedule(&self, name: &str) -> Result<ScheduleView, OpsError> {
        let found = schedule::Entity::find_by_id(name).one(self.domain.db().connection()).await?;
        self.view(found.ok_or_else(|| missing(name))?).await
    }

    /// When an entry fired, the latest first.
    ///
    /// # Errors
    /// [`OpsError::Missing`], [`OpsError::Page`].
    pub async fn schedule_history(&self, name: &str, page: &PageRequest) -> Result<Page<schedule_fire::Model>, OpsError> {
        self.schedule(name).await?;
        let (before, rows_max) = (page.after::<Timestamp>("schedule fires", &name)?, page.rows_max()?);
        let fires = schedules::history(self.domain.db(), name, before, rows_max + 1).await?;
        Ok(page.page("schedule fires", &name, fires, |fire| fire.fire_at)?)
    }

    /// Fire an entry now, whatever its cron says.
    ///
    /// # Errors
    /// [`OpsError::Missing`].
    pub async fn run_schedule(&self, actor: &Actor, name: &str, claim: Option<&Claim>) -> Result<Once<()>, OpsError> {
        self.schedule(name).await?;
        self.once(actor, "run_schedule", claim, async |txn| {
            let wake = schedules::run_now(txn, self.domain.queue(), name).await.map_err(|error| match error {
                schedules::FireError::Missing { .. } => missing(name),
                other => OpsError::Schedule(other),
            })?;
            Ok(Done::new((), resource(name)).enqueued(wake))
        })
        .await
    }

    /// Stop or go on firing an entry. Ticks that pass while it is paused are skipped.
    ///
    /// # Errors
    /// [`OpsError::Missing`].
    pub async fn pause_schedule(&self, actor: &Actor, name: &str, paused: bool, claim: Option<&Claim>) -> Result<Once<()>, OpsError> {
        let action = if paused { "pause_schedule" } else { "resume_schedule" };
        self.once(actor, action, claim, async |txn| {
            if !schedules::set_paused(txn, name, paused).await? {
                return Err(missing(name));
            }
            Ok(Done::new((), resource(name)).detail(json!({ "paused": paused })))
        })
        .await
    }

    async fn view(&self, schedule: schedule::Model) -> Result<ScheduleView, OpsError> {
        let fires = schedule_fire::Entity::find().filter(schedule_fire::Column::Name.eq(schedule.name.as_str()));
        let last_fire = fires.order_by_desc(schedule_fire::Column::FireAt).one(self.domain.db().connection()).await?;
        Ok(ScheduleView { schedule, last_fire })
    }
}

fn resource(name: &str) -> String {
    format!("/v1/ops/schedules/{name}")
}

fn missing(name: &str) -> OpsError {
    OpsError::Missing { noun: "schedule", name: name.to_owned() }
}

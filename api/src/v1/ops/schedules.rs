//! The crontab.

use domain::Domain;
use domain::entities::id::JobId;
use domain::entities::schedule::CatchUp;
use domain::entities::schedule_fire::{self, Reason};
use domain::ops::ScheduleView;
use domain::paging::PageRequest;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::Any;
use poem_openapi::{Enum, Object, OpenApi};
use serde_json::Value;

use crate::auth::{Architect, Observer};
use crate::convention::{Acted, IdempotencyKey};
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::{Id, PageSize, Time};

pub struct SchedulesApi {
    pub domain: Domain,
}

/// What becomes of ticks that passed while no scheduler ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum MissedTicks {
    Skip,
    Latest,
    All,
}

/// Why a schedule fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum FireReason {
    Tick,
    CatchUp,
    RunNow,
}

/// One time that a schedule fired.
#[derive(Debug, Object)]
struct ScheduleFire {
    fire_at: Time,
    reason: FireReason,
    job_id: Id<JobId>,
    created_at: Time,
}

/// An entry of the crontab.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct Schedule {
    name: String,
    kind: String,
    /// Not shown to observers.
    payload: Option<Any<Value>>,
    /// `second minute hour day month weekday [year]`.
    cron: String,
    /// A name of the IANA database.
    timezone: String,
    catch_up: MissedTicks,
    paused: bool,
    last_fire: Option<ScheduleFire>,
}

#[derive(Debug, Object)]
struct ScheduleList {
    schedules: Vec<Schedule>,
}

#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct ScheduleFireList {
    /// The latest first.
    fires: Vec<ScheduleFire>,
    /// Absent on the last page.
    next_page_token: Option<String>,
}

impl From<schedule_fire::Model> for ScheduleFire {
    fn from(fire: schedule_fire::Model) -> Self {
        let reason = match fire.reason {
            Reason::Tick => FireReason::Tick,
            Reason::CatchUp => FireReason::CatchUp,
            Reason::RunNow => FireReason::RunNow,
        };
        Self { fire_at: fire.fire_at.into(), reason, job_id: fire.job_id.into(), created_at: fire.created_at.into() }
    }
}

impl Schedule {
    fn of(view: ScheduleView, sees_content: bool) -> Self {
        let ScheduleView { schedule, last_fire } = view;
        Self {
            name: schedule.name,
            kind: schedule.kind,
            payload: sees_content.then_some(Any(schedule.payload)),
            cron: schedule.cron,
            timezone: schedule.timezone,
            catch_up: match schedule.catch_up {
                CatchUp::Skip => MissedTicks::Skip,
                CatchUp::Latest => MissedTicks::Latest,
                CatchUp::All => MissedTicks::All,
            },
            paused: schedule.paused,
            last_fire: last_fire.map(Into::into),
        }
    }
}

#[OpenApi(prefix_path = "/v1/ops/schedules", tag = "Tag::Ops")]
impl SchedulesApi {
    /// All schedules
    #[oai(path = "/", method = "get", operation_id = "listSchedules")]
    async fn list(&self, observer: Observer) -> Result<Json<ScheduleList>, Problem> {
        let schedules = self.domain.ops().schedules().await?;
        Ok(Json(ScheduleList { schedules: schedules.into_iter().map(|view| Schedule::of(view, observer.sees_content)).collect() }))
    }

    /// When a schedule fired
    #[oai(path = "/:name/history", method = "get", operation_id = "listScheduleFires")]
    async fn history(
        &self,
        _observer: Observer,
        name: Path<String>,
        /// 50 when absent or 0, at most 1000.
        page_size: Query<Option<PageSize>>,
        /// `next_page_token` of the page before.
        page_token: Query<Option<String>>,
    ) -> Result<Json<ScheduleFireList>, Problem> {
        let page = PageRequest { size: page_size.0.map(i64::from), token: page_token.0 };
        let page = self.domain.ops().schedule_history(&name, &page).await?;
        Ok(Json(ScheduleFireList { fires: page.items.into_iter().map(Into::into).collect(), next_page_token: page.next_page_token }))
    }

    /// Fire a schedule now
    #[oai(path = "/:name/run-now", method = "post", operation_id = "runSchedule")]
    async fn run_now(
        &self,
        architect: Architect,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        name: Path<String>,
        /// Check everything, fire nothing.
        #[oai(default)]
        validate_only: Query<bool>,
    ) -> Result<Acted<Schedule>, Problem> {
        if validate_only.0 {
            return self.one(&name, false).await;
        }
        let claim = key.claim(&architect.caller, &Value::Null);
        let done = self.domain.ops().run_schedule(&architect, &name, claim.as_ref()).await?;
        self.one(&name, done.is_replay()).await
    }

    /// Stop firing a schedule
    ///
    /// Ticks that pass while it is paused are skipped.
    #[oai(path = "/:name/pause", method = "post", operation_id = "pauseSchedule")]
    async fn pause(
        &self,
        architect: Architect,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        name: Path<String>,
    ) -> Result<Acted<Schedule>, Problem> {
        self.set_paused(&architect, &key, &name, true).await
    }

    /// Fire a schedule again
    #[oai(path = "/:name/resume", method = "post", operation_id = "resumeSchedule")]
    async fn resume(
        &self,
        architect: Architect,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        name: Path<String>,
    ) -> Result<Acted<Schedule>, Problem> {
        self.set_paused(&architect, &key, &name, false).await
    }
}

impl SchedulesApi {
    async fn set_paused(&self, architect: &Architect, key: &IdempotencyKey, name: &str, paused: bool) -> Result<Acted<Schedule>, Problem> {
        let claim = key.claim(&architect.caller, &Value::Null);
        let done = self.domain.ops().pause_schedule(architect, name, paused, claim.as_ref()).await?;
        self.one(name, done.is_replay()).await
    }

    async fn one(&self, name: &str, replayed: bool) -> Result<Acted<Schedule>, Problem> {
        Ok(Acted::on(Schedule::of(self.domain.ops().schedule(name).await?, true)).replayed(replayed))
    }
}

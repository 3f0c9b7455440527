//! The loop: what is due between the last look and now, by the database's clock.

use std::time::Duration;

use chrono::{DateTime, Utc};
use jobs::Queue;
use jobs::store::schedules::{self, CatchUp, Model, Reason, Timestamp};
use platform::Db;
use platform::config::{OutOfRange, in_range};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use crate::{CronExpression, entries};

/// Section `scheduler`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How often the crontab is looked at.
    pub look_ms: u32,
    /// A tick this late is still on time; a later one is the business of its entry's catch-up rule.
    pub late_seconds_max: u32,
    /// Ticks that one look makes up for at most; the others wait for the next look.
    pub catch_up_ticks_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { look_ms: 500, late_seconds_max: 60, catch_up_ticks_max: 100 }
    }
}

impl Settings {
    /// # Errors
    /// The first setting with which the crontab could not be kept.
    pub fn check(&self) -> Result<(), OutOfRange> {
        let ticks = u64::try_from(self.catch_up_ticks_max).unwrap_or(u64::MAX);
        let fields = [
            ("look_ms", self.look_ms.into(), 10, 60_000),
            ("late_seconds_max", self.late_seconds_max.into(), 1, 86_400),
            ("catch_up_ticks_max", ticks, 1, 100_000),
        ];
        in_range("scheduler", fields)
    }
}

/// Seed the crontab and look at it until `stop` fires.
pub async fn run(db: Db, queue: Queue, settings: Settings, stop: CancellationToken) {
    let mut seeded = false;
    let mut every = tokio::time::interval(Duration::from_millis(settings.look_ms.into()));
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = every.tick() => {}
        }
        if !seeded {
            match schedules::seed(&db, &entries()).await {
                Ok(()) => seeded = true,
                Err(error) => {
                    tracing::warn!(%error, "the crontab could not be written; trying again");
                    continue;
                }
            }
        }
        if let Err(error) = look(&db, &queue, &settings).await {
            tracing::warn!(%error, "the crontab could not be looked at; trying again");
        }
    }
}

/// Fire what is due.
async fn look(db: &Db, queue: &Queue, settings: &Settings) -> Result<(), sea_orm::DbErr> {
    let (schedules, now) = schedules::active(db).await?;
    for schedule in schedules {
        let expression = match CronExpression::parse(&schedule.cron, &schedule.timezone) {
            Ok(expression) => expression,
            Err(error) => {
                tracing::error!(schedule = schedule.name, %error, "the schedule cannot be read and does not fire");
                continue;
            }
        };
        let (ticks, until) = due(&expression, &schedule, now, settings);
        if ticks.is_empty() {
            continue;
        }
        match schedules::fire(db, queue, &schedule, &ticks, until).await {
            Ok(0) => {}
            Ok(fired) => tracing::info!(schedule = schedule.name, fired, "schedule fired"),
            Err(error) => tracing::warn!(schedule = schedule.name, %error, "the schedule did not fire; trying again"),
        }
    }
    Ok(())
}

/// The ticks to fire, and the moment up to which everything has been considered with them.
fn due(expression: &CronExpression, schedule: &Model, now: Timestamp, settings: &Settings) -> (Vec<(Timestamp, Reason)>, Timestamp) {
    let (from, until): (DateTime<Utc>, DateTime<Utc>) = (schedule.considered_until.into(), now.into());
    let on_time_from = (until - Duration::from_secs(settings.late_seconds_max.into())).max(from);
    let max = settings.catch_up_ticks_max;
    let missed = match schedule.catch_up {
        CatchUp::Skip => Vec::new(),
        CatchUp::Latest => expression.latest(from, on_time_from).into_iter().collect(),
        CatchUp::All => expression.between(from, on_time_from, max),
    };
    let on_time = if missed.len() == max { Vec::new() } else { expression.between(on_time_from, until, max) };
    // A look that was cut short is done only up to its last tick.
    let cut = missed.len() == max || on_time.len() == max;
    let considered = on_time.last().or(missed.last()).copied().filter(|_| cut).map_or(now, Timestamp::from);
    let fired = |ticks: Vec<DateTime<Utc>>, reason| ticks.into_iter().map(move |tick| (Timestamp::from(tick), reason));
    (fired(missed, Reason::CatchUp).chain(fired(on_time, Reason::Tick)).collect(), considered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap_or_else(|_| panic!("{text} is a time"))
    }

    fn hourly(catch_up: CatchUp) -> Vec<String> {
        let schedule = Model {
            name: "hourly".into(),
            kind: "probe".into(),
            payload: serde_json::json!({}),
            cron: "0 0 * * * *".into(),
            timezone: "UTC".into(),
            catch_up,
            paused: false,
            considered_until: at("2026-01-01T00:30:00Z"),
            updated_at: at("2026-01-01T00:00:00Z"),
        };
        let expression = CronExpression::parse(&schedule.cron, &schedule.timezone).expect("parses");
        let (ticks, until) = due(&expression, &schedule, at("2026-01-01T04:00:10Z"), &Settings::default());
        assert_eq!(until, at("2026-01-01T04:00:10Z"));
        ticks.iter().map(|(tick, reason)| format!("{} {}", &tick.to_string()[11..13], reason.name())).collect()
    }

    #[test]
    fn missed_ticks_are_skipped_or_made_up_for_as_the_entry_says() {
        assert_eq!(hourly(CatchUp::Skip), ["04 tick"]);
        assert_eq!(hourly(CatchUp::Latest), ["03 catch_up", "04 tick"]);
        assert_eq!(hourly(CatchUp::All), ["01 catch_up", "02 catch_up", "03 catch_up", "04 tick"]);
    }

    #[test]
    fn settings_with_which_nothing_would_fire_are_refused_by_name() {
        let wrong = [
            Settings { look_ms: 0, ..Settings::default() },
            Settings { late_seconds_max: 0, ..Settings::default() },
            Settings { catch_up_ticks_max: 0, ..Settings::default() },
        ];
        let fields = wrong.map(|settings| settings.check().expect_err("it is wrong").field);
        assert_eq!(fields, ["look_ms", "late_seconds_max", "catch_up_ticks_max"]);
        assert_eq!(Settings::default().check(), Ok(()));
    }
}

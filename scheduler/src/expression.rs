//! A cron expression in a time zone, bounded before it is expanded.

use std::str::FromStr as _;

use chrono::offset::MappedLocalTime;
use chrono::{DateTime, Duration, DurationRound as _, Offset as _, TimeZone as _, Utc};
use chrono_tz::Tz;
use cron::{Schedule, TimeUnitSpec as _};

/// No field of any calendar needs more.
const CHARS_MAX: usize = 256;
/// The highest number that a field may name, by position: second, minute, hour, day, month, weekday, year.
const FIELD_MAX: [u32; 7] = [59, 59, 23, 31, 12, 7, 2100];

/// No zone has changed its clocks by more in a generation, the date line aside.
const CHANGE_MAX: Duration = Duration::hours(3);

/// `second minute hour day month weekday [year]`, as the `cron` crate reads it, in a named zone of the IANA database.
#[derive(Debug, Clone)]
pub struct CronExpression {
    schedule: Schedule,
    zone: Tz,
}

/// An expression that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    #[error("a cron expression has at most {CHARS_MAX} characters, this one has {chars}")]
    TooLong { chars: usize },
    #[error("a cron expression has six or seven fields (second minute hour day month weekday [year]), this one has {fields}")]
    Fields { fields: usize },
    #[error("`{number}` is too large for field {position} of the cron expression; at most {max} fits")]
    Number { number: String, position: usize, max: u32 },
    #[error("`{expression}` is not a cron expression: {reason}")]
    Syntax { expression: String, reason: String },
    #[error("`{zone}` is not a time zone; write for example UTC or Europe/Berlin")]
    Zone { zone: String },
}

impl CronExpression {
    /// # Errors
    /// When the expression is not one, would expand without bound, or the zone is unknown.
    pub fn parse(expression: &str, zone: &str) -> Result<Self, ExpressionError> {
        bound(expression)?;
        let zone = Tz::from_str(zone).map_err(|_| ExpressionError::Zone { zone: zone.chars().take(64).collect() })?;
        let schedule = Schedule::from_str(expression)
            .map_err(|error| ExpressionError::Syntax { expression: expression.to_owned(), reason: error.to_string() })?;
        Ok(Self { schedule, zone })
    }

    /// The ticks after `from` and up to `until`, oldest first, at most `ticks_max`.
    ///
    /// Where clocks are changed, no tick is lost and none comes twice: of a schedule that names its hours, a tick whose time is skipped comes as the clock
    /// goes on, and one whose time comes twice ticks the first time. A schedule of every hour ticks in every hour that passes, in the repeated one both times.
    #[must_use]
    pub fn between(&self, from: DateTime<Utc>, until: DateTime<Utc>, ticks_max: usize) -> Vec<DateTime<Utc>> {
        let begin = local(self.zone, from) - self.unsure(from);
        // In the repeated hour, what comes when it begins again waits until it has passed once.
        let (mut ticks, mut second_time): (Vec<DateTime<Utc>>, Vec<DateTime<Utc>>) = (Vec::new(), Vec::new());
        for time in self.schedule.after(&begin) {
            let moments = self.moments(time);
            if moments.len() < 2 {
                ticks.append(&mut second_time);
            }
            ticks.extend(moments.first());
            second_time.extend(moments.get(1));
            ticks.retain(|tick| *tick > from);
            ticks.dedup();
            if ticks.len() > ticks_max || time > local(self.zone, until) + self.unsure(until) {
                break;
            }
        }
        ticks.append(&mut second_time);
        ticks.retain(|tick| *tick > from && *tick <= until);
        ticks.truncate(ticks_max);
        ticks
    }

    /// The latest tick after `from` and up to `until`.
    #[must_use]
    pub fn latest(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (time, unsure) = (local(self.zone, until), self.unsure(until));
        let mut latest = None;
        for earlier in self.schedule.after(&(time + unsure + Duration::microseconds(1))).rev() {
            latest = self.moments(earlier).into_iter().filter(|tick| *tick <= until).max().max(latest);
            if latest.is_some() && earlier <= time - unsure {
                break;
            }
        }
        latest.filter(|tick| *tick > from)
    }

    /// The moments at which a clock of the zone shows this time and the schedule ticks, the earlier first.
    fn moments(&self, time: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let names_hours = !self.schedule.hours().is_all();
        match self.zone.from_local_datetime(&time.naive_utc()) {
            MappedLocalTime::Single(tick) => vec![tick.to_utc()],
            MappedLocalTime::Ambiguous(first, _) if names_hours => vec![first.to_utc()],
            MappedLocalTime::Ambiguous(first, second) => vec![first.to_utc(), second.to_utc()],
            MappedLocalTime::None if names_hours => clock_goes_on(self.zone, time).into_iter().collect(),
            MappedLocalTime::None => Vec::new(),
        }
    }

    /// How far from a moment on its clock the times may lie that come before and after it: nothing, unless the clock is changed around it.
    fn unsure(&self, moment: DateTime<Utc>) -> Duration {
        let offset = |at: DateTime<Utc>| self.zone.offset_from_utc_datetime(&at.naive_utc()).fix();
        if offset(moment - CHANGE_MAX) == offset(moment + CHANGE_MAX) { Duration::zero() } else { CHANGE_MAX }
    }
}

/// What the clock of the zone shows, written as if it were UTC.
fn local(zone: Tz, moment: DateTime<Utc>) -> DateTime<Utc> {
    moment.with_timezone(&zone).naive_local().and_utc()
}

/// The first moment after a skipped time.
fn clock_goes_on(zone: Tz, skipped: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let minute = skipped.duration_trunc(Duration::minutes(1)).ok()?;
    let times = (1..=CHANGE_MAX.num_minutes()).map(|minutes| minute + Duration::minutes(minutes));
    times.map(|time| zone.from_local_datetime(&time.naive_utc())).find_map(MappedLocalTime::earliest).map(|tick| tick.to_utc())
}

fn bound(expression: &str) -> Result<(), ExpressionError> {
    let chars = expression.chars().count();
    if chars > CHARS_MAX {
        return Err(ExpressionError::TooLong { chars });
    }
    if expression.starts_with('@') {
        return Ok(());
    }
    let fields: Vec<_> = expression.split_whitespace().collect();
    if !(6..=7).contains(&fields.len()) {
        return Err(ExpressionError::Fields { fields: fields.len() });
    }
    for (index, field) in fields.iter().enumerate() {
        let numbers = field.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty());
        for number in numbers {
            let fits = number.parse::<u32>().is_ok_and(|number| number <= FIELD_MAX[index]);
            if !fits {
                return Err(ExpressionError::Number { number: number.into(), position: index + 1, max: FIELD_MAX[index] });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap_or_else(|_| panic!("{text} is a time"))
    }

    #[test]
    fn an_expression_that_would_expand_without_bound_is_refused_at_once() {
        for bad in ["0-4294967295 * * * * *", "* * * * * * 1-4000000000", "0 0 0 1 1 * 99999", "99 * * * * *"] {
            assert!(matches!(CronExpression::parse(bad, "UTC"), Err(ExpressionError::Number { .. })), "{bad}");
        }
        assert!(matches!(CronExpression::parse(&"1,".repeat(500), "UTC"), Err(ExpressionError::TooLong { .. })));
        assert!(matches!(CronExpression::parse("* * * * *", "UTC"), Err(ExpressionError::Fields { fields: 5 })));
        assert!(matches!(CronExpression::parse("0 0 0 * * *", "Mars/Olympus"), Err(ExpressionError::Zone { .. })));
    }

    #[test]
    fn ticks_follow_the_zone() {
        let noon = CronExpression::parse("0 0 12 * * *", "Europe/Berlin").expect("parses");
        let ticks = noon.between(at("2026-03-28T00:00:00Z"), at("2026-03-30T00:00:00Z"), 10);
        assert_eq!(ticks, [at("2026-03-28T11:00:00Z"), at("2026-03-29T10:00:00Z")]);
        assert_eq!(noon.latest(at("2026-03-28T00:00:00Z"), at("2026-03-30T00:00:00Z")), Some(at("2026-03-29T10:00:00Z")));
        assert_eq!(noon.latest(at("2026-03-29T10:00:00Z"), at("2026-03-29T10:30:00Z")), None);
    }

    /// All ticks of a day in Berlin, as UTC, asked for as the scheduler does: each minute for the minute before.
    fn berlin(expression: &str, day: &str) -> Vec<String> {
        let schedule = CronExpression::parse(expression, "Europe/Berlin").expect("parses");
        let begin = at(&format!("{day}T00:00:00Z")) - Duration::hours(3);
        let (mut by_minute, mut latest) = (Vec::new(), Vec::new());
        for minute in 0..24 * 60 {
            let (from, until) = (begin + Duration::minutes(minute), begin + Duration::minutes(minute + 1));
            by_minute.extend(schedule.between(from, until, 100));
            latest.extend(schedule.latest(from, until));
        }
        assert_eq!(by_minute, schedule.between(begin, begin + Duration::hours(24), 10_000), "in one look as in many");
        assert_eq!(by_minute, latest, "the latest of a minute is the only one of it");
        by_minute.iter().map(|tick| tick.format("%H:%M").to_string()).collect()
    }

    const SPRING: &str = "2026-03-29";
    const AUTUMN: &str = "2026-10-25";

    #[test]
    fn a_daily_tick_is_neither_lost_nor_doubled_when_clocks_are_changed() {
        assert_eq!(berlin("0 30 2 * * *", "2026-03-28"), ["01:30"]);
        assert_eq!(berlin("0 30 2 * * *", SPRING), ["01:00"], "half past two does not come; three does");
        assert_eq!(berlin("0 30 2 * * *", AUTUMN), ["00:30"], "half past two comes twice");
        assert_eq!(berlin("0 0 3 * * *", SPRING), ["01:00"]);
        assert_eq!(berlin("0 0 3 * * *", AUTUMN), ["02:00"]);
    }

    #[test]
    fn an_hourly_tick_comes_in_every_hour_that_passes() {
        for day in [SPRING, AUTUMN] {
            let ticks = berlin("0 15 * * * *", day);
            let hours: Vec<_> = [21, 22, 23].into_iter().chain(0..=20).map(|hour| format!("{hour:02}:15")).collect();
            assert_eq!(ticks, hours, "{day}");
        }
        assert_eq!(berlin("0 */5 * * * *", AUTUMN).len(), 24 * 12);
    }

    #[test]
    fn odd_fields_tick_when_they_say() {
        let ticks = |expression: &str, from: &str, count: usize| {
            let schedule = CronExpression::parse(expression, "UTC").expect("parses");
            schedule
                .between(at(from), at("2040-01-01T00:00:00Z"), count)
                .iter()
                .map(|tick| tick.format("%F %T").to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(ticks("0 0 0 29 2 *", "2026-01-01T00:00:00Z", 2), ["2028-02-29 00:00:00", "2032-02-29 00:00:00"]);
        assert_eq!(ticks("0 0 0 31 * *", "2026-01-31T00:00:00Z", 2), ["2026-03-31 00:00:00", "2026-05-31 00:00:00"]);
        assert_eq!(ticks("0 0 12 * * Mon-Fri", "2026-01-02T12:00:00Z", 2), ["2026-01-05 12:00:00", "2026-01-06 12:00:00"]);
        assert_eq!(ticks("30 59 23 31 12 * 2026", "2026-01-01T00:00:00Z", 5), ["2026-12-31 23:59:30"]);
        assert_eq!(ticks("@monthly", "2026-01-15T00:00:00Z", 1), ["2026-02-01 00:00:00"]);
        assert_eq!(ticks("0 0 0 30 2 *", "2026-01-01T00:00:00Z", 1), Vec::<String>::new(), "a day that no year has");
    }

    #[test]
    fn a_tick_on_the_last_moment_belongs_to_the_span_and_the_first_does_not() {
        let minutely = CronExpression::parse("0 * * * * *", "UTC").expect("parses");
        let (from, until) = (at("2026-01-01T00:00:00Z"), at("2026-01-01T00:02:00Z"));
        assert_eq!(minutely.between(from, until, 10), [at("2026-01-01T00:01:00Z"), until]);
        assert_eq!(minutely.between(from, until, 1).len(), 1);
        assert_eq!(minutely.latest(from, until), Some(until));
    }
}

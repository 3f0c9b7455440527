//! A cron expression in a time zone, bounded before it is expanded.

use std::str::FromStr as _;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use cron::Schedule;

/// No field of any calendar needs more.
const CHARS_MAX: usize = 256;
/// The highest number that a field may name, by position: second, minute, hour, day, month, weekday, year.
const FIELD_MAX: [u32; 7] = [59, 59, 23, 31, 12, 7, 2100];

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

    /// The ticks after `from` and up to `until`, oldest first, at most `ticks_max`. In the hour that a zone skips nothing ticks;
    /// in the hour that it repeats each tick comes once for each of the two moments that the `cron` crate names.
    #[must_use]
    pub fn between(&self, from: DateTime<Utc>, until: DateTime<Utc>, ticks_max: usize) -> Vec<DateTime<Utc>> {
        let ticks = self.schedule.after(&from.with_timezone(&self.zone)).map(|tick| tick.with_timezone(&Utc));
        ticks.take_while(|tick| *tick <= until).take(ticks_max).collect()
    }

    /// The latest tick after `from` and up to `until`.
    #[must_use]
    pub fn latest(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let just_after = until + chrono::Duration::microseconds(1);
        let tick = self.schedule.after(&just_after.with_timezone(&self.zone)).next_back()?.with_timezone(&Utc);
        (tick > from && tick <= until).then_some(tick)
    }
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

    #[test]
    fn a_tick_on_the_last_moment_belongs_to_the_span_and_the_first_does_not() {
        let minutely = CronExpression::parse("0 * * * * *", "UTC").expect("parses");
        let (from, until) = (at("2026-01-01T00:00:00Z"), at("2026-01-01T00:02:00Z"));
        assert_eq!(minutely.between(from, until, 10), [at("2026-01-01T00:01:00Z"), until]);
        assert_eq!(minutely.between(from, until, 1).len(), 1);
        assert_eq!(minutely.latest(from, until), Some(until));
    }
}

//! What may come in, and how fast it is looked for.

use std::time::Duration;

use platform::config::{OutOfRange, in_range};
use serde::Deserialize;

use super::door::Door;
use crate::kinds::JobKind;

/// The most messages that one batch may have: a Lua script cannot spread many thousand values over one call.
const BATCH_JOBS_MAX: u32 = 2_000;

/// Section `ingress`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The queues that are read: `name`, or `name=kind|kind` to let only these kinds in.
    pub queues: Vec<String>,
    /// How often a queue is looked at that was empty. A push of `apalis-redis` wakes nobody, so this is the wait of a job.
    pub poll_ms: u32,
    /// Messages that one transaction takes at most.
    pub batch_jobs_max: u32,
    /// Dead messages that a queue keeps; older ones go.
    pub dead_messages_max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { queues: Vec::new(), poll_ms: 25, batch_jobs_max: 500, dead_messages_max: 10_000 }
    }
}

/// The ingress cannot be opened as it is configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error("ingress queue {given:?}: write `name`, or `name=kind|kind`")]
    Unreadable { given: String },
    #[error("ingress queue `{queue}` is listed twice")]
    Twice { queue: String },
    #[error("ingress queue `{queue}`: there is no job kind `{kind}`; other services may push: {}", open())]
    UnknownKind { queue: String, kind: String },
    #[error(
        "ingress queue `{queue}` must not take `{kind}` jobs: nobody outside moves money, opens keys or keeps house; other services may push: {}",
        open()
    )]
    ClosedKind { queue: String, kind: JobKind },
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    #[error("ingress queues are set and REDIS_URL is not: there is nothing to read them from")]
    NoRedis,
    #[error("REDIS_URL cannot be read: {reason}")]
    RedisUrl { reason: String },
}

fn open() -> String {
    let names: Vec<_> = Door::OPEN.iter().map(|kind| kind.name()).collect();
    names.join(", ")
}

impl Settings {
    pub(super) fn doors(&self) -> Result<Vec<Door>, SettingsError> {
        let fields = [
            ("poll_ms", self.poll_ms.into(), 1, 60_000),
            ("batch_jobs_max", self.batch_jobs_max.into(), 1, BATCH_JOBS_MAX.into()),
            ("dead_messages_max", self.dead_messages_max.into(), 1, 1_000_000),
        ];
        in_range("ingress", fields)?;
        let mut doors: Vec<Door> = Vec::new();
        for written in &self.queues {
            let door = Door::read(written)?;
            if doors.iter().any(|other| other.queue == door.queue) {
                return Err(SettingsError::Twice { queue: door.queue });
            }
            doors.push(door);
        }
        Ok(doors)
    }

    pub(super) fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doors(queues: &[&str]) -> Result<Vec<Door>, SettingsError> {
        Settings { queues: queues.iter().map(|queue| (*queue).to_owned()).collect(), ..Settings::default() }.doors()
    }

    #[test]
    fn a_queue_names_its_kinds_or_takes_all_that_are_open() -> Result<(), SettingsError> {
        let doors = doors(&["orders=probe", "partners"])?;
        assert_eq!((doors[0].queue.as_str(), doors[0].kinds.as_slice()), ("orders", &[JobKind::Probe][..]));
        assert_eq!(doors[1].kinds, Door::OPEN);
        Ok(())
    }

    #[test]
    fn a_kind_that_keeps_house_is_refused_by_name() {
        let refused = doors(&["orders=probe|apply_bulk"]).expect_err("bulk actions are no business of others").to_string();
        assert!(refused.contains("`apply_bulk`") && refused.contains("probe"), "{refused}");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for written in ["", "=probe", "orders=", "orders=probe|", "a b"] {
            assert_eq!(doors(&[written]).err(), Some(SettingsError::Unreadable { given: written.into() }));
        }
        assert_eq!(doors(&["a", "a=probe"]).err(), Some(SettingsError::Twice { queue: "a".into() }));
        assert!(matches!(doors(&["a=prob"]), Err(SettingsError::UnknownKind { .. })));
        let none = Settings { batch_jobs_max: 0, ..Settings::default() };
        assert!(matches!(none.doors(), Err(SettingsError::OutOfRange(wrong)) if (wrong.field, wrong.given) == ("batch_jobs_max", 0)));
    }
}

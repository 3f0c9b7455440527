//! More processes than wanted, or processes that do not end.

use crate::raw::{self, Forked};
use crate::verdict::Verdict;

/// Far above what a cage allows.
const PROCESSES_MAX: u32 = 20_000;
const ORPHANS: u32 = 20_000;
const LAST_SIGNAL: i32 = 64;

/// As many sleeping children as there may be. They are still there when this process ends.
pub fn fork_bomb() -> Verdict {
    for count in 0..PROCESSES_MAX {
        match raw::fork() {
            Ok(Forked::Child) => raw::sleep_forever(),
            Ok(Forked::Parent(_)) => {}
            Err(error) => return Verdict::contained(format!("{count} processes, then {error}")),
        }
    }
    Verdict::escaped(format!("{PROCESSES_MAX} processes"))
}

/// A stream of orphans that die at once and that only PID 1 can bury.
pub fn zombie_swarm() -> Verdict {
    let mut refused = 0;
    for _ in 0..ORPHANS {
        let parent = raw::in_child(|| {
            for _ in 0..4 {
                if let Ok(Forked::Child) = raw::fork() {
                    raw::end(0);
                }
            }
            0
        });
        refused += u32::from(parent.is_err());
    }
    Verdict::contained(format!("{} orphans, {refused} forks refused; whoever watches must see none left", ORPHANS * 4))
}

/// Ignores every signal, leaves children in sessions of their own that do so too, and never ends.
pub fn ignore_term() -> Verdict {
    for signal in 1..=LAST_SIGNAL {
        raw::ignore(signal);
    }
    for _ in 0..8 {
        if let Ok(Forked::Child) = raw::fork() {
            let _ = raw::call(libc::SYS_setsid, []);
            let _ = raw::fork();
            raw::sleep_forever();
        }
    }
    raw::sleep_forever()
}

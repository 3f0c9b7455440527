//! The guard: whoever holds a `PidOne` is the first process of its PID namespace and may kill all the others.

use std::io;

use crate::kernel;

/// Proof that this process is PID 1. Outside of a PID namespace of its own, [`PidOne::kill_the_others`] would be fatal
/// to the whole machine, so it cannot be called there.
pub struct PidOne(u32);

impl PidOne {
    pub fn claim() -> Option<Self> {
        Some(std::process::id()).filter(|pid| *pid == 1).map(Self)
    }

    /// Sends SIGKILL to every other process of the namespace.
    pub fn kill_the_others(&self) -> io::Result<()> {
        if std::process::id() == self.0 { kernel::kill_all() } else { Ok(()) }
    }
}

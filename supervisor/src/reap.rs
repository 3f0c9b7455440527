//! Collects the dead: the agent's first process, and every orphan, which the kernel gives to PID 1.

use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

use crate::kernel::{self, Reaped, Watch};
use crate::link::Link;
use crate::pid_one::PidOne;
use crate::signals;

/// How many dead are collected before the loop looks at everything else again: a swarm of zombies must not hold it up.
const AT_ONCE: usize = 256;
/// How long the kernel may take to end processes that are killed already.
const DYING_MAX: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

pub struct Reaper {
    agent: u32,
    /// How the agent's first process ended, as wait4(2) tells it.
    pub status: Option<i32>,
    /// Of everything that was collected, and of all that those had waited for.
    pub cpu: Duration,
    /// Of the largest process.
    pub rss_bytes_max: u64,
}

/// What is left after collecting.
#[derive(PartialEq, Eq)]
pub enum Left {
    Nobody,
    Alive,
    MaybeMoreDead,
}

impl Reaper {
    pub fn new(agent: u32) -> Self {
        Self { agent, status: None, cpu: Duration::ZERO, rss_bytes_max: 0 }
    }

    pub fn collect(&mut self) -> io::Result<Left> {
        for _ in 0..AT_ONCE {
            match kernel::reap_any()? {
                Reaped::AllAlive => return Ok(Left::Alive),
                Reaped::NoChild => return Ok(Left::Nobody),
                Reaped::Child { pid, status, cpu, rss_bytes } => {
                    // A later orphan may have got the same pid.
                    if pid == self.agent && self.status.is_none() {
                        self.status = Some(status);
                    }
                    self.cpu += cpu;
                    self.rss_bytes_max = self.rss_bytes_max.max(rss_bytes);
                }
            }
        }
        Ok(Left::MaybeMoreDead)
    }

    /// Kills everything else in the container until nothing is left. `false`: something would not die.
    ///
    /// # Errors
    /// When the worker is gone.
    pub fn end_everyone(&mut self, pid_one: &PidOne, news: &File, link: &mut Link) -> io::Result<bool> {
        let patience = Instant::now() + DYING_MAX;
        loop {
            // An error means that there was nobody to kill.
            let _ = pid_one.kill_the_others();
            match self.collect()? {
                Left::Nobody => return Ok(true),
                _ if Instant::now() > patience => return Ok(false),
                Left::MaybeMoreDead => continue,
                Left::Alive => {}
            }
            let [stdin, stdout] = link.watches();
            let mut watches = [stdin, stdout, Watch::readable(news)];
            kernel::poll(&mut watches, Some(LOOK_AGAIN))?;
            link.attend([watches[0].came(), watches[1].came()])?;
            signals::clear(news);
        }
    }
}

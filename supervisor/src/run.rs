//! The time between `STARTED` and `EXIT`: one loop that carries output, keeps the limits and collects the dead.

use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

use supervisor::frames::Kind;
use supervisor::messages::{Exit, StartHeader};

use crate::agent::Agent;
use crate::kernel::{self, Watch};
use crate::link::Link;
use crate::pid_one::PidOne;
use crate::reap::{Left, Reaper};
use crate::stream::{Stream, Tail};
use crate::usage::Meter;
use crate::{output, signals};

pub struct Run<'a> {
    pid_one: &'a PidOne,
    news: &'a File,
    limits: StartHeader,
    agent_pid: u32,
    streams: [Stream; 2],
    reaper: Reaper,
    meter: Meter,
    began: Instant,
}

/// Why a run ended.
#[derive(PartialEq, Eq)]
enum End {
    ByItself,
    TimedOut,
    Flooded,
}

impl<'a> Run<'a> {
    pub fn new(pid_one: &'a PidOne, news: &'a File, limits: StartHeader, agent: Agent, tails: [Tail; 2], meter: Meter) -> Self {
        let [stdout_tail, stderr_tail] = tails;
        let head = usize::try_from(limits.log_bytes_max - limits.log_bytes_max / 2).unwrap_or(usize::MAX);
        Self {
            pid_one,
            news,
            agent_pid: agent.pid,
            streams: [
                Stream::new(Kind::Stdout, agent.stdout, stdout_tail, head),
                Stream::new(Kind::Stderr, agent.stderr, stderr_tail, head),
            ],
            reaper: Reaper::new(agent.pid),
            meter,
            began: Instant::now(),
            limits,
        }
    }

    pub fn agent_pid(&self) -> u32 {
        self.agent_pid
    }

    /// Watches the agent to its end, ends what it left behind and sends everything up to `EXIT`.
    ///
    /// # Errors
    /// When the worker is gone.
    pub fn until_the_end(&mut self, link: &mut Link, scratch: &mut [u8]) -> io::Result<()> {
        for stream in &mut self.streams {
            stream.take_memory();
        }
        let end = self.watch_over(link, scratch)?;
        let wall = self.began.elapsed();
        let all_dead = self.reaper.end_everyone(self.pid_one, self.news, link)?;
        for stream in &mut self.streams {
            stream.finish(link, scratch)?;
        }
        if all_dead {
            output::send(link, self.limits.output_bytes_max, scratch)?;
        } else {
            output::refuse_unsettled(link)?;
        }
        let exit = self.exit(&end, wall);
        link.send_json(Kind::Exit, &exit)
    }

    fn watch_over(&mut self, link: &mut Link, scratch: &mut [u8]) -> io::Result<End> {
        let time_max = Duration::from_millis(self.limits.run_ms_max);
        let mut wait = time_max;
        loop {
            let [stdin, stdout] = link.watches();
            let [out, err] = self.streams.each_ref().map(|stream| stream.watch(link, scratch.len()));
            let mut watches = [Watch::readable(self.news), stdin, stdout, out, err];
            kernel::poll(&mut watches, Some(wait))?;
            let [news, stdin, stdout, out, err] = watches.map(|watch| watch.came());

            link.attend([stdin, stdout])?;
            for (stream, _) in self.streams.iter_mut().zip([out, err]).filter(|(_, came)| *came) {
                if stream.has_room(link, scratch.len()) {
                    stream.pump(link, scratch)?;
                }
            }
            if self.flooded() {
                return Ok(End::Flooded);
            }
            wait = time_max.saturating_sub(self.began.elapsed());
            if news {
                signals::clear(self.news);
            }
            let left = self.reaper.collect()?;
            if self.reaper.status.is_some() {
                return Ok(End::ByItself);
            }
            if wait.is_zero() {
                return Ok(End::TimedOut);
            }
            if left == Left::MaybeMoreDead {
                wait = Duration::ZERO;
            }
        }
    }

    fn flooded(&self) -> bool {
        let seen: u64 = self.streams.iter().map(Stream::seen_bytes).sum();
        seen > self.limits.log_flood_bytes_max
    }

    fn exit(&self, end: &End, wall: Duration) -> Exit {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let usage = self.meter.read(&self.reaper);
        // What could not be collected within all patience was killed at least.
        let status = self.reaper.status.unwrap_or(libc::SIGKILL);
        let [stdout_bytes, stderr_bytes] = self.streams.each_ref().map(Stream::seen_bytes);
        Exit {
            code: libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)),
            signal: libc::WIFSIGNALED(status).then(|| libc::WTERMSIG(status)),
            timed_out: *end == End::TimedOut,
            flooded: *end == End::Flooded || self.flooded(),
            oom_killed: usage.oom_killed,
            cpu_ms: millis(usage.cpu),
            memory_peak_bytes: usage.memory_peak_bytes,
            wall_ms: millis(wall),
            usage_source: usage.source.to_owned(),
            stdout_bytes,
            stderr_bytes,
        }
    }
}

//! The life of a container: look, park, start the agent, watch it, report, end.

use std::io;

use supervisor::frames::Kind;
use supervisor::messages::Started;

use crate::link::Link;
use crate::pid_one::PidOne;
use crate::run::Run;
use crate::start::Trouble;
use crate::stream::Tail;
use crate::usage::Meter;
use crate::{agent, cage, signals, start};

/// One read from a pipe, one frame: as much as a pipe holds by default.
pub const SCRATCH_BYTES: usize = 64 * 1024;

/// # Errors
/// When the supervisor cannot go on. That the worker is gone is no error: then there is nobody to report to.
pub fn live(pid_one: &PidOne) -> io::Result<()> {
    match park_and_run(pid_one) {
        Err(error) if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe) => {
            let _ = pid_one.kill_the_others();
            Ok(())
        }
        ended => ended,
    }
}

fn park_and_run(pid_one: &PidOne) -> io::Result<()> {
    let news = signals::deafen()?;
    let mut link = Link::open()?;
    let (hello, cgroup) = cage::look();
    link.send_json(Kind::Hello, &hello)?;
    drop(hello);
    link.finish()?;

    let mut scratch = vec![0; SCRATCH_BYTES];
    let started = start::receive(&mut link, &mut scratch).and_then(|start| {
        link.started();
        let limits = start.header.clone();
        let tails = tails(limits.log_bytes_max)?;
        let meter = Meter::start(&cgroup);
        agent::spawn(start).map(|agent| Run::new(pid_one, &news, limits, agent, tails, meter))
    });
    match started {
        Ok(mut run) => {
            link.send_json(Kind::Started, &Started { pid: run.agent_pid() })?;
            run.until_the_end(&mut link, &mut scratch)?;
        }
        Err(Trouble::Failed(refusal)) => link.send_json(Kind::Failed, &refusal)?,
        Err(Trouble::Io(error)) => return Err(error),
    }
    link.finish()
}

fn tails(log_bytes_max: u64) -> Result<[Tail; 2], Trouble> {
    let bytes = usize::try_from(log_bytes_max / 2).unwrap_or(usize::MAX);
    let tail = || Tail::reserve(bytes).map_err(|error| Trouble::Io(io::Error::other(error)));
    Ok([tail()?, tail()?])
}

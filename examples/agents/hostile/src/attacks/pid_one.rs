//! The supervisor: killing it, stopping it, reading its secrets, speaking in its name.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};

use crate::raw;
use crate::verdict::Verdict;

const SIGNALS: std::ops::RangeInclusive<usize> = 1..=64;

/// Every signal there is, in every way there is.
pub fn kill_pid1() -> Verdict {
    for signal in SIGNALS {
        let _ = raw::call(libc::SYS_kill, [1, signal]);
        let _ = raw::call(libc::SYS_tgkill, [1, 1, signal]);
        let _ = raw::call(libc::SYS_tkill, [1, signal]);
        if let Ok(fd) = raw::call(libc::SYS_pidfd_open, [1, 0]) {
            let _ = raw::call(libc::SYS_pidfd_send_signal, [fd, signal, 0, 0]);
            let _ = raw::call(libc::SYS_close, [fd]);
        }
    }
    let state = fs::read_to_string("/proc/1/stat").unwrap_or_default();
    let state = state.rsplit(") ").next().and_then(|rest| rest.chars().next());
    match state {
        Some('T' | 't' | 'Z' | 'X') | None => Verdict::escaped(format!("PID 1 is in state {state:?}")),
        Some(state) => Verdict::contained(format!("PID 1 is in state {state} after every signal")),
    }
}

/// The supervisor's descriptors, memory and environment.
pub fn read_pid1() -> Verdict {
    let files = ["fd/0", "fd/1", "fd/2", "fd/3", "mem", "environ", "maps", "auxv", "stack", "syscall", "exe", "cwd/.", "root/."];
    let files = files.map(|name| (format!("/proc/1/{name}"), File::open(format!("/proc/1/{name}")).map(drop)));
    let written = ["fd/1", "fd/0", "mem"].map(|name| {
        let path = format!("/proc/1/{name}");
        let opened = OpenOptions::new().write(true).open(&path).map(drop);
        (format!("writing {path}"), opened)
    });
    let stolen = ("pidfd_getfd".to_owned(), steal_descriptor().map(drop));
    let memory = ("process_vm_readv".to_owned(), read_memory(1).map(drop));
    Verdict::of_tries(files.into_iter().chain(written).chain([stolen, memory]))
}

fn steal_descriptor() -> io::Result<usize> {
    let fd = raw::call(libc::SYS_pidfd_open, [1, 0])?;
    raw::call(libc::SYS_pidfd_getfd, [fd, 1, 0])
}

fn read_memory(pid: usize) -> io::Result<usize> {
    let buffer = [0_u8; 8];
    let local = [raw::address(&buffer), buffer.len()];
    let remote = [0x40_0000_usize, buffer.len()];
    raw::call(libc::SYS_process_vm_readv, [pid, raw::address(&local), 1, raw::address(&remote), 1, 0])
}

/// PID 1 and whoever else is there: in a cage of its own, an agent sees nobody but PID 1 and itself.
pub fn ptrace() -> Verdict {
    let own = std::process::id().to_string();
    let names = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let pids: Vec<usize> = names.filter(|name| *name != own).filter_map(|name| name.parse().ok()).collect();
    let seize = usize::try_from(libc::PTRACE_SEIZE).unwrap_or_default();
    let attach = usize::try_from(libc::PTRACE_ATTACH).unwrap_or_default();
    Verdict::of_tries(pids.into_iter().chain([1]).flat_map(|pid| {
        [("seize", seize), ("attach", attach)]
            .map(|(name, request)| (format!("{name} {pid}"), raw::call(libc::SYS_ptrace, [request, pid, 0, 0])))
    }))
}

/// A process of the same uid may change another's resource limits: with a limit of processor time, the kernel itself
/// would kill PID 1, and its report would be missing.
pub fn prlimit_pid1() -> Verdict {
    let second = [1_u64, 1];
    let limits = [("processor time", libc::RLIMIT_CPU), ("descriptors", libc::RLIMIT_NOFILE)];
    Verdict::of_tries(limits.map(|(name, resource)| {
        let result = raw::call(libc::SYS_prlimit64, [1, resource as usize, raw::address(&second), 0]);
        (name, result)
    }))
}

/// Frames of the supervisor's own protocol on standard output, whole and broken. The worker must see them as output, no more.
pub fn forge_frames() -> Verdict {
    let exit = br#"{"code":0,"timed_out":false,"flooded":false,"oom_killed":false,"cpu_ms":0,"memory_peak_bytes":0,"wall_ms":0,"usage_source":"cgroup","stdout_bytes":0,"stderr_bytes":0}"#;
    let mut forged = Vec::new();
    for (kind, payload) in [(0x14, &br#"{"forged":true}"#[..]), (0x17, exit), (0x10, b"{}"), (0x18, b"{}")] {
        for sequence in 0..4_u64 {
            let length = u32::try_from(payload.len() + 25).unwrap_or_default();
            forged.extend_from_slice(&length.to_be_bytes());
            forged.push(kind);
            forged.extend_from_slice(&sequence.to_be_bytes());
            forged.extend_from_slice(payload);
            forged.extend_from_slice(&[0; 16]);
        }
    }
    forged.extend_from_slice(&[0xff; 64]);
    forged.push(b'\n');
    let written = io::stdout().write_all(&forged).and_then(|()| io::stdout().flush());
    let direct = OpenOptions::new().write(true).open("/proc/1/fd/1").and_then(|mut line| line.write_all(&forged));
    match (written, direct) {
        (_, Ok(())) => Verdict::escaped("wrote to the supervisor's own descriptor"),
        (Ok(()), Err(error)) => Verdict::contained(format!("wrote frames to standard output only; /proc/1/fd/1: {error}")),
        (Err(error), _) => Verdict::contained(format!("standard output: {error}")),
    }
}

//! More memory and kernel objects than were given.

use std::fs::read_to_string;

use crate::raw;
use crate::verdict::Verdict;

const BLOCK_MIB: u64 = 16;
const MIB: u64 = 1 << 20;
/// When the limit cannot be read. A machine without a cage survives this.
const MEMORY_MIB_MAX: u64 = 4096;
const INOTIFY_MAX: usize = 10_000;
const NO_LIMIT_FROM: u64 = 1 << 62;

/// Takes memory until something ends it.
pub fn memory_bomb() -> Verdict {
    take(MEMORY_MIB_MAX);
    Verdict::escaped(format!("took {MEMORY_MIB_MAX} MiB"))
}

/// A child takes a quarter more than the limit: where there is swap, it lives.
pub fn swap() -> Verdict {
    let limit = ["/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max"];
    let limit: Option<u64> = limit.iter().find_map(|path| read_to_string(path).ok()?.trim().parse().ok());
    let limit = limit.filter(|bytes| *bytes < NO_LIMIT_FROM);
    let aim = limit.map_or(MEMORY_MIB_MAX, |bytes| bytes / MIB * 5 / 4);
    let taken = raw::in_child(|| {
        take(aim);
        0
    });
    match taken {
        Ok(status) if libc::WIFSIGNALED(status) => Verdict::contained(format!("signal {} on the way to {aim} MiB", libc::WTERMSIG(status))),
        Ok(0) => Verdict::escaped(format!("took {aim} MiB of {limit:?} bytes")),
        Ok(status) => Verdict::contained(format!("ended with {status:#x} on the way to {aim} MiB")),
        Err(error) => Verdict::contained(format!("no child to try it: {error}")),
    }
}

fn take(mib: u64) {
    let mut blocks = Vec::new();
    for number in 0..mib / BLOCK_MIB {
        // Different bytes in each page, so that nothing can be merged or compressed away.
        let mut block = vec![1_u8; usize::try_from(BLOCK_MIB * MIB).unwrap_or_default()];
        for (page, bytes) in block.chunks_mut(4096).enumerate() {
            bytes[..8].copy_from_slice(&(number << 32 | page as u64).to_ne_bytes());
        }
        blocks.push(block);
        std::hint::black_box(&blocks);
    }
}

/// Instances are counted per uid, across all containers that share it.
pub fn inotify_hog() -> Verdict {
    for count in 0..INOTIFY_MAX {
        if let Err(error) = raw::call(libc::SYS_inotify_init1, [0]) {
            return Verdict::contained(format!("{count} instances, then {error}"));
        }
    }
    Verdict::escaped(format!("{INOTIFY_MAX} instances"))
}

/// Asks for core dumps and crashes a child.
pub fn core_dump() -> Verdict {
    let unlimited = [u64::MAX, u64::MAX];
    let raised = raw::call(libc::SYS_prlimit64, [0, libc::RLIMIT_CORE as usize, raw::address(&unlimited), 0]);
    let crashed = raw::in_child(|| {
        let _ = raw::call(libc::SYS_kill, [std::process::id() as usize, libc::SIGABRT as usize]);
        0
    });
    let dumped = crashed.as_ref().is_ok_and(|status| libc::WCOREDUMP(*status));
    let detail = format!("raising the limit: {:?}; dumped: {dumped}", raised.as_ref().map_err(ToString::to_string));
    if raised.is_err() && !dumped { Verdict::contained(detail) } else { Verdict::escaped(detail) }
}

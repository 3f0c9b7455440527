//! Writing where nothing should be written, and more than should be.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};

use crate::verdict::Verdict;

const MIB: u64 = 1 << 20;
/// Well above every bound that a cage has.
const FILL_MIB_MAX: u64 = 1024;
const FILL_FILES_MAX: u64 = 100_000;

pub fn fill_tmp() -> Verdict {
    fill("/tmp")
}

pub fn fill_output() -> Verdict {
    fill("/output")
}

pub fn fill_input() -> Verdict {
    fill("/input")
}

pub fn fill_shm() -> Verdict {
    fill("/dev/shm")
}

/// First with files, then with bytes.
fn fill(directory: &str) -> Verdict {
    let (files, files_end) = fill_with_files(directory);
    for number in 0..files {
        let _ = fs::remove_file(format!("{directory}/f{number}"));
    }
    let (written, bytes_end) = fill_with_bytes(directory);
    let detail = format!(
        "{files} files, then {}; {} KiB, then {}",
        files_end.as_ref().map_or("stopped".to_owned(), ToString::to_string),
        written / 1024,
        bytes_end.as_ref().map_or("stopped".to_owned(), ToString::to_string),
    );
    if files_end.is_some() && bytes_end.is_some() { Verdict::contained(detail) } else { Verdict::escaped(detail) }
}

fn fill_with_files(directory: &str) -> (u64, Option<io::Error>) {
    for number in 0..FILL_FILES_MAX {
        if let Err(error) = File::create(format!("{directory}/f{number}")) {
            return (number, Some(error));
        }
    }
    (FILL_FILES_MAX, None)
}

fn fill_with_bytes(directory: &str) -> (u64, Option<io::Error>) {
    let mut file = match File::create(format!("{directory}/fill")) {
        Ok(file) => file,
        Err(error) => return (0, Some(error)),
    };
    let block = vec![0x5a; 64 * 1024];
    let mut written = 0;
    while written < FILL_MIB_MAX * MIB {
        match file.write(&block) {
            Ok(count) => written += count as u64,
            Err(error) => return (written, Some(error)),
        }
    }
    (written, None)
}

/// Tries to create a file in every directory near the root that is not meant to be written.
pub fn fill_root() -> Verdict {
    let mut directories = vec!["/".to_owned()];
    for depth in 0..2 {
        for parent in directories.clone().iter().filter(|path| path.matches('/').count() == depth + usize::from(depth == 0)) {
            let children = fs::read_dir(parent).into_iter().flatten().flatten();
            let children = children.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
            directories.extend(children.map(|entry| entry.path().to_string_lossy().into_owned()));
        }
    }
    directories.sort();
    directories.dedup();
    let meant = ["/tmp", "/output", "/input", "/dev/shm", "/proc", "/sys"];
    directories.retain(|path| !meant.iter().any(|meant| path == meant || path.starts_with(&format!("{meant}/"))));
    Verdict::of_tries(directories.into_iter().map(|directory| {
        let file = format!("{}/intruder", directory.trim_end_matches('/'));
        let created = File::create(&file);
        let _ = fs::remove_file(&file);
        (directory, created)
    }))
}

pub fn write_proc() -> Verdict {
    let sysctls =
        ["kernel/core_pattern", "kernel/modprobe", "kernel/hostname", "vm/overcommit_memory", "fs/file-max", "net/ipv4/ip_forward"];
    let others =
        ["/proc/sysrq-trigger", "/proc/irq/default_smp_affinity", "/proc/1/oom_score_adj", "/proc/1/comm", "/proc/kcore", "/proc/acpi"];
    let paths = sysctls.map(|name| format!("/proc/sys/{name}")).into_iter().chain(others.map(str::to_owned));
    Verdict::of_tries(paths.map(open_to_write))
}

pub fn write_sys() -> Verdict {
    let mut paths = ["/sys/kernel/uevent_helper", "/sys/power/state", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/cgroup.procs"]
        .map(str::to_owned)
        .to_vec();
    for (controller, files) in [
        ("memory", ["memory.limit_in_bytes", "cgroup.procs", "release_agent"]),
        ("pids", ["pids.max", "cgroup.procs", "release_agent"]),
        ("cpu", ["cpu.cfs_quota_us", "cgroup.procs", "release_agent"]),
    ] {
        paths.extend(files.map(|file| format!("/sys/fs/cgroup/{controller}/{file}")));
    }
    Verdict::of_tries(paths.into_iter().map(open_to_write))
}

/// Opening is enough to know; nothing is written.
fn open_to_write(path: String) -> (String, io::Result<File>) {
    let opened = OpenOptions::new().write(true).open(&path);
    (path, opened)
}

//! What the run used: the control group's counters where they can be read, else what wait4(2) told.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use crate::cage::Cgroup;
use crate::kernel;
use crate::reap::Reaper;

pub struct Meter {
    /// Opened before the agent starts: opening needs memory and descriptors.
    cpu: Option<Counter>,
    memory_peak: Option<Counter>,
    oom_kills: Option<Counter>,
    cpu_before: Duration,
    oom_kills_before: u64,
}

pub struct Usage {
    pub cpu: Duration,
    pub memory_peak_bytes: u64,
    pub oom_killed: bool,
    pub source: &'static str,
}

impl Meter {
    pub fn start(cgroup: &Cgroup) -> Self {
        let counter = |directory: &Path, file, field| Counter::open(&directory.join(file), field);
        let [cpu, memory_peak, oom_kills] = match cgroup {
            Cgroup::Absent => [None, None, None],
            Cgroup::V1 { memory, cpu_counters, .. } => [
                cpu_counters.as_ref().and_then(|cpu| counter(cpu, "cpuacct.usage", Field::Nanoseconds)),
                counter(memory, "memory.max_usage_in_bytes", Field::Whole),
                counter(memory, "memory.oom_control", Field::Named("oom_kill ")),
            ],
            Cgroup::V2(group) => [
                counter(group, "cpu.stat", Field::Named("usage_usec ")),
                counter(group, "memory.peak", Field::Whole),
                counter(group, "memory.events", Field::Named("oom_kill ")),
            ],
        };
        let mut meter = Self { cpu, memory_peak, oom_kills, cpu_before: Duration::ZERO, oom_kills_before: 0 };
        meter.cpu_before = meter.cpu_of_the_others().unwrap_or_default();
        meter.oom_kills_before = read(meter.oom_kills.as_ref()).unwrap_or(0);
        meter
    }

    pub fn read(&self, reaper: &Reaper) -> Usage {
        let cpu = self.cpu_of_the_others().map(|cpu| cpu.saturating_sub(self.cpu_before));
        let memory_peak_bytes = read(self.memory_peak.as_ref());
        Usage {
            // A process whose parent ignored its end is in the control group's sum only.
            cpu: cpu.unwrap_or_default().max(reaper.cpu),
            memory_peak_bytes: memory_peak_bytes.unwrap_or(reaper.rss_bytes_max),
            oom_killed: read(self.oom_kills.as_ref()).is_some_and(|kills| kills > self.oom_kills_before),
            source: if memory_peak_bytes.is_some() && cpu.is_some() { "cgroup" } else { "wait4" },
        }
    }

    fn cpu_of_the_others(&self) -> Option<Duration> {
        Some(Duration::from_micros(read(self.cpu.as_ref())?).saturating_sub(kernel::own_cpu()))
    }
}

struct Counter {
    file: File,
    field: Field,
}

enum Field {
    Whole,
    Named(&'static str),
    /// Read as microseconds.
    Nanoseconds,
}

impl Counter {
    fn open(path: &Path, field: Field) -> Option<Self> {
        Some(Self { file: File::open(path).ok()?, field })
    }
}

fn read(counter: Option<&Counter>) -> Option<u64> {
    let counter = counter?;
    let mut bytes = [0; 2048];
    let count = counter.file.read_at(&mut bytes, 0).ok()?;
    let text = std::str::from_utf8(&bytes[..count]).ok()?;
    match counter.field {
        Field::Whole => text.trim().parse().ok(),
        Field::Nanoseconds => text.trim().parse::<u64>().ok().map(|nanoseconds| nanoseconds / 1000),
        Field::Named(name) => text.lines().find_map(|line| line.strip_prefix(name))?.trim().parse().ok(),
    }
}

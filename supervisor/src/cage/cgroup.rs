//! The control groups of the container, version 1 or 2: their limits, and where their counters are.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

use supervisor::messages::CgroupLimits;

use super::mounts::{Line, unescape};

/// The directories of the container's own control groups.
#[derive(Debug, PartialEq, Eq)]
pub enum Cgroup {
    Absent,
    /// One hierarchy per controller.
    V1 {
        memory: PathBuf,
        cpu: Option<PathBuf>,
        cpu_counters: Option<PathBuf>,
        pids: Option<PathBuf>,
    },
    V2(PathBuf),
}

impl Cgroup {
    /// Finds the directories with `/proc/self/mountinfo` and `/proc/self/cgroup`.
    pub fn find(mountinfo: &str, membership: &str) -> Self {
        let directory = |controller: &str| {
            let mut lines = mountinfo.lines().filter_map(Line::parse);
            let line = lines.rfind(|line| match controller {
                "" => line.fstype == "cgroup2",
                _ => line.fstype == "cgroup" && line.super_options.split(',').any(|option| option == controller),
            })?;
            let mut groups = membership.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
            let own = groups.find(|(controllers, _)| controllers.split(',').any(|name| name == controller))?.1;
            // The mount shows a part of the hierarchy; seen from inside of a container, usually the own group and no more.
            let below = Path::new(own).strip_prefix(unescape(line.root)).unwrap_or(Path::new(""));
            Some(Path::new(&unescape(line.target)).join(below))
        };
        match directory("memory") {
            Some(memory) => Self::V1 { memory, cpu: directory("cpu"), cpu_counters: directory("cpuacct"), pids: directory("pids") },
            None => directory("").map_or(Self::Absent, Self::V2),
        }
    }

    pub fn version(&self) -> Option<u32> {
        match self {
            Self::Absent => None,
            Self::V1 { .. } => Some(1),
            Self::V2(_) => Some(2),
        }
    }

    pub fn limits(&self) -> CgroupLimits {
        match self {
            Self::Absent => CgroupLimits::default(),
            Self::V1 { memory, cpu, pids, .. } => {
                let cpu = |name| number(&cpu.as_ref()?.join(name));
                CgroupLimits {
                    memory_bytes_max: number(&memory.join("memory.limit_in_bytes")),
                    memory_swap_bytes_max: number(&memory.join("memory.memsw.limit_in_bytes")),
                    pids_max: pids.as_ref().and_then(|pids| number(&pids.join("pids.max"))),
                    cpu_quota_us: cpu("cpu.cfs_quota_us"),
                    cpu_period_us: cpu("cpu.cfs_period_us"),
                }
            }
            Self::V2(group) => {
                let memory = number(&group.join("memory.max"));
                let swap = number(&group.join("memory.swap.max"));
                let cpu = read_to_string(group.join("cpu.max")).unwrap_or_default();
                let mut cpu = cpu.split_ascii_whitespace().map(|word| word.parse().ok());
                CgroupLimits {
                    memory_bytes_max: memory,
                    memory_swap_bytes_max: memory.zip(swap).map(|(memory, swap)| memory.saturating_add(swap)),
                    pids_max: number(&group.join("pids.max")),
                    cpu_quota_us: cpu.next().flatten(),
                    cpu_period_us: cpu.next().flatten(),
                }
            }
        }
    }
}

/// The file's number; `max`, -1 and the huge number that version 1 shows instead mean that there is no limit.
fn number(file: &Path) -> Option<u64> {
    const NO_LIMIT_FROM: u64 = 1 << 62;
    read_to_string(file).ok()?.trim().parse().ok().filter(|limit| *limit < NO_LIMIT_FROM)
}

#[cfg(test)]
mod tests {
    use super::Cgroup;

    const V1: &str = "1 0 0:1 /docker/ab /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu,cpuacct\n\
                      2 0 0:2 /docker/ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";

    #[test]
    fn version_1_of_a_container_is_found() {
        let found = Cgroup::find(V1, "5:memory:/docker/ab\n4:cpu,cpuacct:/docker/ab\n0::/docker/ab\n");
        let cpu = Some("/sys/fs/cgroup/cpu/".into());
        let expected = Cgroup::V1 { memory: "/sys/fs/cgroup/memory/".into(), cpu: cpu.clone(), cpu_counters: cpu, pids: None };
        assert_eq!(found, expected);
    }

    #[test]
    fn version_2_with_and_without_its_own_namespace_is_found() {
        let mount = "1 0 0:1 / /sys/fs/cgroup ro - cgroup2 cgroup rw,nsdelegate\n";
        assert_eq!(Cgroup::find(mount, "0::/\n"), Cgroup::V2("/sys/fs/cgroup/".into()));
        assert_eq!(Cgroup::find(mount, "0::/a/b\n"), Cgroup::V2("/sys/fs/cgroup/a/b".into()));
    }

    #[test]
    fn limits_of_version_2_are_read_and_absent_ones_left_out() {
        let group = tempfile::tempdir().unwrap();
        let files = [("memory.max", "536870912\n"), ("memory.swap.max", "0\n"), ("pids.max", "128\n"), ("cpu.max", "50000 100000\n")];
        for (name, content) in files {
            std::fs::write(group.path().join(name), content).unwrap();
        }
        let limits = Cgroup::V2(group.path().into()).limits();
        assert_eq!((limits.memory_bytes_max, limits.memory_swap_bytes_max), (Some(512 << 20), Some(512 << 20)));
        assert_eq!((limits.pids_max, limits.cpu_quota_us, limits.cpu_period_us), (Some(128), Some(50_000), Some(100_000)));
        for (name, _) in files {
            std::fs::write(group.path().join(name), if name == "cpu.max" { "max 100000\n" } else { "max\n" }).unwrap();
        }
        let limits = Cgroup::V2(group.path().into()).limits();
        assert_eq!((limits.memory_bytes_max, limits.memory_swap_bytes_max, limits.pids_max), (None, None, None));
        assert_eq!((limits.cpu_quota_us, limits.cpu_period_us), (None, Some(100_000)));
    }

    #[test]
    fn nothing_mounted_is_nothing_known() {
        assert_eq!(Cgroup::find("", "0::/\n"), Cgroup::Absent);
        assert_eq!(Cgroup::Absent.limits(), super::CgroupLimits::default());
    }
}

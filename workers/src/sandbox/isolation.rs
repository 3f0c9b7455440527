//! Asked, seen from inside, said by the engine: three views of one cage that must agree before the agent starts.

use bollard::models::{ContainerInspectResponse, HostConfig};
use serde_json::{Value, json};

use super::{
    cage::{self, CPU_PERIOD_US, Cage, SUPERVISOR_DIR},
    engine::{Engine, Kind},
    report::{Hello, SeenMount},
    settings::Settings,
};

/// The JSON that is stored with the result, and every way in which the cage is weaker than asked.
pub(super) fn compare(
    cage: &Cage,
    engine: &Engine,
    settings: &Settings,
    hello: &Hello,
    inspected: &ContainerInspectResponse,
) -> (Value, Vec<String>) {
    let host = inspected.host_config.clone().unwrap_or_default();
    let mut weaker = Weaker(Vec::new());
    seen_identity(&mut weaker, cage, hello);
    seen_mounts(&mut weaker, cage, engine, hello);
    seen_limits(&mut weaker, cage, hello, &host);
    said(&mut weaker, cage, engine, settings, &host, inspected);
    let Weaker(weaker) = weaker;
    let stored = json!({
        "engine": engine.describe(),
        "runtime": host.runtime,
        "weaker": weaker,
        "seen": hello,
        "inspected": {
            "user": inspected.config.as_ref().and_then(|config| config.user.clone()),
            "memory_bytes_max": host.memory, "memory_swap_bytes_max": host.memory_swap, "pids_max": host.pids_limit,
            "cpu_quota_us": host.cpu_quota, "cpu_period_us": host.cpu_period,
            "network": host.network_mode, "ipc": host.ipc_mode, "cgroupns": host.cgroupns_mode, "root_read_only": host.readonly_rootfs,
            "cap_drop": host.cap_drop, "cap_add": host.cap_add, "privileged": host.privileged, "security": security(&host),
            "tmpfs": host.tmpfs, "ulimits": host.ulimits, "log_driver": host.log_config.as_ref().and_then(|log| log.typ.clone()),
        },
    });
    (stored, weaker)
}

struct Weaker(Vec<String>);

impl Weaker {
    fn unless(&mut self, fine: bool, sentence: impl FnOnce() -> String) {
        if !fine {
            self.0.push(sentence());
        }
    }
}

fn seen_identity(weaker: &mut Weaker, cage: &Cage, hello: &Hello) {
    weaker.unless(hello.protocol == 1, || format!("the supervisor speaks protocol {}", hello.protocol));
    weaker.unless(hello.uid == Some(cage.uid) && hello.gid == Some(cage.uid), || {
        format!("it runs as {:?}:{:?}, not {2}:{2}", hello.uid, hello.gid, cage.uid)
    });
    let own_group_only = hello.groups.as_ref().is_some_and(|groups| groups.iter().all(|group| *group == cage.uid));
    weaker.unless(own_group_only, || format!("it is in groups {:?}", hello.groups));
    for (name, held) in [("effective", &hello.cap_effective), ("bounding", &hello.cap_bounding)] {
        let none = held.as_ref().is_some_and(|mask| !mask.is_empty() && mask.bytes().all(|digit| digit == b'0'));
        weaker.unless(none, || format!("its {name} capabilities are {held:?}"));
    }
    weaker.unless(hello.no_new_privs == Some(true), || "new privileges can be gained".into());
    weaker.unless(hello.seccomp == Some(2), || format!("its seccomp mode is {:?}, not a filter", hello.seccomp));
    weaker.unless(hello.dumpable == Some(false), || "the supervisor can be read by the agent".into());
    let lonely = hello.interfaces.as_ref().is_some_and(|interfaces| interfaces.iter().all(|interface| interface == "lo"));
    weaker.unless(lonely, || format!("it sees the network interfaces {:?}", hello.interfaces));
    weaker.unless(hello.root_read_only == Some(true), || "its root can be written".into());
}

/// Kernel file systems that stand in every container; what of them can be written needs capabilities that nobody has.
const KERNEL: [&str; 8] = ["proc", "sysfs", "cgroup", "cgroup2", "devpts", "mqueue", "devtmpfs", "securityfs"];

fn seen_mounts(weaker: &mut Weaker, cage: &Cage, engine: &Engine, hello: &Hello) {
    let Some(mounts) = &hello.mounts else {
        weaker.0.push("its mounts cannot be seen".into());
        return;
    };
    for wanted in &cage.tmpfs {
        // The last mount on a path is the one that counts.
        match mounts.iter().rev().find(|mount| mount.target == wanted.target) {
            Some(mount) if mount.fstype == "tmpfs" => {
                for option in ["noexec", "nosuid", "nodev"] {
                    weaker.unless(has(mount, option), || format!("{} is mounted without {option}", wanted.target));
                }
                let mut at_most = |bound: &str, most: u64| {
                    let held = mount.options.iter().rev().find_map(|option| option.strip_prefix(bound)?.strip_prefix('='));
                    let fine = held.and_then(number).is_some_and(|held| held > 0 && held <= most);
                    weaker.unless(fine, || format!("{} has the bound `{bound}` {held:?}, not at most {most}", wanted.target));
                };
                at_most("size", wanted.bytes_max);
                if engine.kind == Kind::Docker {
                    at_most("nr_inodes", wanted.inodes_max);
                }
            }
            _ => weaker.0.push(format!("{} is no tmpfs of its own", wanted.target)),
        }
    }
    for mount in mounts {
        let known = cage.tmpfs.iter().any(|tmpfs| tmpfs.target == mount.target) || KERNEL.contains(&mount.fstype.as_str());
        // The engine's own /dev is a tmpfs of root's, with nodes; nobody else can write there.
        let of_the_engine =
            mount.fstype == "tmpfs" && (mount.target == "/dev" || mount.target.starts_with("/proc/") || mount.target.starts_with("/sys/"));
        weaker.unless(known || of_the_engine || has(mount, "ro"), || format!("{} can be written", mount.target));
    }
    let supervisor = mounts.iter().rev().find(|mount| mount.target == SUPERVISOR_DIR);
    weaker.unless(supervisor.is_some_and(|mount| has(mount, "ro")), || "the supervisor's volume is not read-only".into());
}

fn has(mount: &SeenMount, option: &str) -> bool {
    mount.options.iter().any(|held| held == option)
}

/// What a mount option counts, in the kernel's spelling: `65536k`. Zero is no bound.
fn number(text: &str) -> Option<u64> {
    let shift = match text.bytes().last()? {
        b'k' => 10,
        b'm' => 20,
        b'g' => 30,
        _ => 0,
    };
    let digits = if shift == 0 { text } else { &text[..text.len() - 1] };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// A limit holds when the supervisor sees it, or, where it can see none, when the engine says that it set it.
fn seen_limits(weaker: &mut Weaker, cage: &Cage, hello: &Hello, host: &HostConfig) {
    let mut at_most = |name: &str, seen: Option<u64>, said: Option<i64>, wanted: u64| {
        let held = seen.or_else(|| said.and_then(|said| u64::try_from(said).ok()).filter(|said| *said > 0));
        weaker.unless(held.is_some_and(|held| held <= wanted), || format!("{name} is {held:?}, not at most {wanted}"));
    };
    at_most("memory", hello.memory_bytes_max, host.memory, cage.memory_bytes);
    at_most("memory with swap", hello.memory_swap_bytes_max, host.memory_swap, cage.memory_bytes);
    at_most("the number of processes", hello.pids_max, host.pids_limit, u64::from(cage.processes_max));
    at_most("the number of open files", hello.nofile_max, None, u64::from(cage.files_max));
    at_most("the size of a core dump", hello.core_bytes_max, None, 0);
    let quota = hello.cpu_quota_us.or_else(|| host.cpu_quota.and_then(|quota| u64::try_from(quota).ok())).unwrap_or(0);
    let period = hello.cpu_period_us.unwrap_or(CPU_PERIOD_US.unsigned_abs());
    let wanted = cage.cpu_quota_us.unsigned_abs();
    weaker.unless(quota > 0 && quota * CPU_PERIOD_US.unsigned_abs() <= wanted * period, || format!("its CPU share is {quota}/{period}"));
}

fn said(weaker: &mut Weaker, cage: &Cage, engine: &Engine, settings: &Settings, host: &HostConfig, inspected: &ContainerInspectResponse) {
    let is = |held: &Option<String>, wanted: &str| held.as_deref() == Some(wanted);
    // Podman shows its own namespace as one that could be shared, and volumes among the folders.
    let podman = engine.kind == Kind::Podman;
    let our_bind = format!("{}:{SUPERVISOR_DIR}:ro", cage.supervisor_volume);
    let empty = |held: Option<usize>| held.unwrap_or(0) == 0;
    let facts = [
        ("privileged", host.privileged == Some(false)),
        ("a writable root", host.readonly_rootfs == Some(true)),
        ("a network", is(&host.network_mode, "none")),
        ("shared IPC", is(&host.ipc_mode, "none") || (podman && is(&host.ipc_mode, "shareable"))),
        ("the host's processes", host.pid_mode.as_deref().unwrap_or("").is_empty() || is(&host.pid_mode, "private")),
        ("the host's users", host.userns_mode.as_deref() != Some("host")),
        ("the host's UTS", host.uts_mode.as_deref() != Some("host")),
        ("added capabilities", empty(host.cap_add.as_ref().map(Vec::len))),
        ("capabilities that were not dropped", host.cap_drop.as_ref().is_some_and(|dropped| !dropped.is_empty())),
        ("host folders", host.binds.iter().flatten().all(|bind| podman && bind.starts_with(&our_bind))),
        ("devices", empty(host.devices.as_ref().map(Vec::len))),
        ("a log on the host's disk", host.log_config.as_ref().is_some_and(|log| is(&log.typ, "none"))),
        ("no limit of memory", host.memory == i64::try_from(cage.memory_bytes).ok()),
        ("swap", host.memory_swap == host.memory),
        ("OOM kill disabled", host.oom_kill_disable != Some(true)),
        ("another runtime", settings.runtime.is_none() || settings.runtime == host.runtime),
        ("security options that were not asked for", has_our_security(engine, settings, host)),
        ("file systems in memory that were not asked for", podman || has_our_tmpfs(cage, host)),
        ("a user of the image's", inspected.config.as_ref().is_some_and(|config| is(&config.user, &format!("{0}:{0}", cage.uid)))),
    ];
    for (name, fine) in facts {
        weaker.unless(fine, || format!("the engine says that it gave {name}"));
    }
    for mount in inspected.mounts.iter().flatten() {
        let target = mount.destination.as_deref().unwrap_or_default();
        let covered = cage.tmpfs.iter().any(|tmpfs| tmpfs.target == target) && mount.name.is_none();
        let ours = target == SUPERVISOR_DIR && mount.rw == Some(false) && is(&mount.name, &cage.supervisor_volume);
        weaker.unless(ours || covered, || format!("the engine mounted {target}"));
    }
}

/// Docker answers with the very profile that it was given, Podman with words of its own.
fn has_our_security(engine: &Engine, settings: &Settings, host: &HostConfig) -> bool {
    let said = host.security_opt.as_deref().unwrap_or_default();
    if engine.kind == Kind::Podman {
        return !said.iter().any(|option| option.contains("unconfined"));
    }
    let asked = cage::security(engine, settings);
    asked.len() == said.len() && asked.iter().all(|option| said.contains(option))
}

fn has_our_tmpfs(cage: &Cage, host: &HostConfig) -> bool {
    let said = host.tmpfs.iter().flatten();
    said.clone().count() == cage.tmpfs.len()
        && cage.tmpfs.iter().all(|asked| {
            let options = asked.options(Kind::Docker, cage.uid);
            said.clone().any(|(target, held)| *target == asked.target && *held == options)
        })
}

/// The security options without the whole profile.
fn security(host: &HostConfig) -> Vec<String> {
    let short = |option: &String| if option.starts_with("seccomp={") { "seccomp=tallyman".to_owned() } else { option.clone() };
    host.security_opt.iter().flatten().map(short).collect()
}

#[cfg(test)]
#[path = "isolation_tests.rs"]
mod tests;

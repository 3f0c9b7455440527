//! The supervisor in containers of a real Docker engine, with the hostile agent as its agent.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};
use supervisor::frames::Kind;
use supervisor::messages::OutputCode;

use crate::namespace::{Container, Told, binary, header};

const MEMORY_BYTES_MAX: u64 = 64 << 20;
const PIDS_MAX: u64 = 64;

fn images() {
    static IMAGES: OnceLock<()> = OnceLock::new();
    IMAGES.get_or_init(|| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/build-agent-images");
        let built = Command::new(script).stdout(Stdio::null()).status().unwrap();
        assert!(built.success(), "scripts/build-agent-images, which needs a Docker engine");
    });
}

fn hostile_container() -> Container {
    images();
    let mut command = Command::new("docker");
    command.args(["run", "--rm", "--interactive", "--log-driver=none", "--network=none", "--read-only", "--user=12345:12345"]);
    command.args(["--cap-drop=ALL", "--security-opt=no-new-privileges", "--ulimit=core=0", "--ipc=none"]);
    command.arg(format!("--memory={MEMORY_BYTES_MAX}")).arg(format!("--memory-swap={MEMORY_BYTES_MAX}"));
    command.arg(format!("--pids-limit={PIDS_MAX}")).arg("--cpus=0.5");
    for (directory, bounds) in [("/input", "size=2m,nr_inodes=8"), ("/output", "size=2m,nr_inodes=8"), ("/tmp", "size=4m,nr_inodes=64")] {
        command.arg(format!("--tmpfs={directory}:{bounds},uid=12345,gid=12345,noexec,nosuid,nodev"));
    }
    command.arg(format!("--volume={}:/supervisor:ro", binary().display())).args(["--entrypoint=/supervisor", "tallyman/hostile:dev"]);
    Container::attach(&mut command, None)
}

/// What the supervisor told, and what the agent answered if it lived to answer.
fn attack(name: &str) -> (Told, Option<Value>) {
    let mut header = header(&["/hostile"]);
    header.log_flood_bytes_max = 8 << 20;
    header.run_ms_max = 30_000;
    let told = hostile_container().run(&header, json!({ "attack": name }).to_string().as_bytes());
    let last_line = told.stdout.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty());
    let answer = last_line.and_then(|line| serde_json::from_slice(line).ok());
    (told, answer)
}

fn assert_contained(name: &str) -> Told {
    let (told, answer) = attack(name);
    assert_eq!(answer.as_ref().map(|answer| &answer["contained"]), Some(&json!(true)), "{name}: {answer:?} {:?}", told.exit);
    told
}

#[test]
fn docker_limits_are_seen_from_inside() {
    let hello = hostile_container().hello();
    assert_eq!((hello.status.uid, hello.status.gid, hello.status.seccomp), (Some(12345), Some(12345), Some(2)));
    assert_eq!((hello.status.no_new_privs, hello.root_read_only, hello.core_bytes_max), (Some(true), Some(true), Some(0)));
    assert_eq!(hello.limits.memory_bytes_max, Some(MEMORY_BYTES_MAX));
    assert_eq!(hello.limits.pids_max, Some(PIDS_MAX));
    assert_eq!((hello.limits.cpu_quota_us, hello.limits.cpu_period_us), (Some(50_000), Some(100_000)));
    assert!(hello.cgroup.is_some());
    // A kernel without swap accounting shows no such limit.
    assert!(hello.limits.memory_swap_bytes_max.is_none_or(|bytes| bytes == MEMORY_BYTES_MAX));
    assert_eq!(hello.interfaces, Some(vec!["lo".to_owned()]));
}

#[test]
fn docker_agent_cannot_read_trace_signal_or_limit_the_supervisor() {
    for name in ["read_pid1", "ptrace", "kill_pid1", "prlimit_pid1", "forge_frames", "entry_32_bit"] {
        assert_contained(name);
    }
}

#[test]
fn docker_fork_bomb_does_not_take_the_report_along() {
    let told = assert_contained("fork_bomb");
    assert_eq!(told.exit().code, Some(0));
    assert_eq!(told.kinds.last(), Some(&Kind::Exit));
}

#[test]
fn docker_swarm_of_zombies_is_buried() {
    let told = assert_contained("zombie_swarm");
    assert_eq!(told.exit().code, Some(0));
}

#[test]
fn docker_memory_bomb_kills_the_agent_and_not_the_supervisor() {
    let (told, _) = attack("memory_bomb");
    let exit = told.exit();
    assert_eq!((exit.signal, exit.oom_killed, exit.timed_out), (Some(9), true, false));
    assert_eq!(exit.usage_source, "cgroup");
    assert!((MEMORY_BYTES_MAX / 2..=MEMORY_BYTES_MAX).contains(&exit.memory_peak_bytes), "{exit:?}");
    assert!(exit.cpu_ms > 0, "{exit:?}");
}

#[test]
fn docker_log_flood_of_a_gigabyte_is_stopped_early() {
    let (told, answer) = attack("log_flood");
    assert_eq!((told.exit().flooded, answer), (true, None));
    assert!(told.stdout.len() <= 1 << 20);
}

#[test]
fn docker_output_traps_are_refused() {
    for (name, code) in [
        ("output_symlink", OutputCode::OutputNotRegular),
        ("output_fifo", OutputCode::OutputNotRegular),
        ("output_dir", OutputCode::OutputNotRegular),
        ("output_sparse", OutputCode::OutputTooLarge),
    ] {
        let told = assert_contained(name);
        assert_eq!(told.refused.as_ref().map(|refused| refused.code), Some(code), "{name}: {told:?}");
    }
}

#[test]
fn docker_full_output_leaves_room_for_the_report() {
    for name in ["fill_output", "fill_tmp", "fill_input"] {
        assert_contained(name);
    }
}

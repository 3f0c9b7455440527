//! A hostile image tries to get out, or to take more than it was given. Each attempt ends in a clear outcome, and beside it a neighbour goes on.

mod docker_world;

use std::{fs, time::Duration};

use docker_world::{Run, Running, World, spec, until};
use domain::ports::sandbox::{Ending, FailureCode, LogStream, RunLimits};
use serde_json::json;

/// A world with a neighbour that says a line every 50 ms.
struct Siege {
    world: World,
    neighbour: Running,
}

impl Siege {
    async fn begin() -> Self {
        let world = World::new().await;
        let image = world.image("while :; do echo alive; sleep 0.05; done").await;
        let neighbour = world.start(&spec(&image, json!({}))).await;
        Self { world, neighbour }
    }

    async fn attack(&self, attack: &str) -> Run {
        self.world.attack(attack, RunLimits { run_seconds_max: 40, cpu_millis_max: 1_000, ..RunLimits::default() }).await
    }

    /// The agent lived to tell that it was contained.
    async fn contained(&self, attack: &str) -> String {
        let run = self.attack(attack).await;
        let answer = run.completed();
        assert_eq!(answer["contained"], true, "{attack}: {answer}");
        answer["detail"].as_str().unwrap_or_default().to_owned()
    }

    /// The neighbour still speaks, the engine still answers, and nobody is left under a uid that was leased for an attack.
    async fn end(mut self) {
        let before = self.neighbour.lines.count();
        until("the neighbour speaks again", async || self.neighbour.lines.count() > before + 1).await;
        tokio::time::timeout(Duration::from_secs(2), self.world.engine.ping()).await.expect("in time").expect("an engine");
        self.neighbour.cancel.cancel();
        assert_eq!(self.neighbour.end().await.ending, Ending::Cancelled);
        let uids = self.world.settings.uids.first..self.world.settings.uids.first + self.world.settings.uids.count;
        until("no process is left under a leased uid", async || !uids_of_processes().iter().any(|uid| uids.contains(uid))).await;
        self.world.finish().await;
    }
}

fn uids_of_processes() -> Vec<u32> {
    let statuses = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| fs::read_to_string(entry.path().join("status")).ok());
    statuses.filter_map(|status| status.lines().find_map(|line| line.strip_prefix("Uid:\t")?.split('\t').next()?.parse().ok())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs_of_processes_and_memory_go_off_inside() {
    let siege = Siege::begin().await;
    let detail = siege.contained("fork_bomb").await;
    assert!(detail.contains("processes, then"), "{detail}");
    siege.contained("zombie_swarm").await;
    siege.contained("swap").await;
    siege.attack("memory_bomb").await.failed_with(FailureCode::OutOfMemory);
    siege.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_place_that_can_be_written_is_bounded_in_bytes_and_files() {
    let siege = Siege::begin().await;
    for place in ["fill_tmp", "fill_output", "fill_input", "fill_shm"] {
        let detail = siege.contained(place).await;
        let files: u32 = detail.split(' ').next().unwrap().parse().unwrap();
        assert!(files < 10_000, "{place}: {detail}");
    }
    siege.contained("fill_root").await;
    siege.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_a_gigabyte_is_ended_at_its_bound() {
    let siege = Siege::begin().await;
    let run = siege.attack("log_flood").await;
    run.failed_with(FailureCode::LogFlood);
    let kept: usize = run.lines.of(LogStream::Stdout).iter().map(String::len).sum();
    assert!(kept <= 1 << 20 && run.exit.log_bytes < 70 << 20, "{kept} of {}", run.exit.log_bytes);
    siege.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_a_gigabyte_below_its_bound_costs_a_megabyte() {
    let siege = Siege::begin().await;
    let limits = RunLimits { log_flood_bytes_max: 2 << 30, cpu_millis_max: 2_000, ..RunLimits::default() };
    let run = siege.world.attack("log_flood", limits).await;
    run.completed();
    let kept: usize = run.lines.of(LogStream::Stdout).iter().map(String::len).sum();
    assert!(kept <= 1 << 20 && run.exit.log_bytes >= 1_000_000_000, "{kept} of {}", run.exit.log_bytes);
    assert_eq!(run.lines.of(LogStream::System).len(), 1, "one mark for the cut");
    siege.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_power_can_be_gained() {
    let siege = Siege::begin().await;
    for attack in ["setuid", "mount", "device_nodes", "unshare_userns", "write_proc", "write_sys", "docker_sock", "core_dump"] {
        siege.contained(attack).await;
    }
    siege.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_packet_leaves() {
    let siege = Siege::begin().await;
    for attack in ["raw_socket", "dns", "metadata_address", "network_interfaces", "vsock"] {
        siege.contained(attack).await;
    }
    siege.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_image_did_not_bring_cannot_be_executed() {
    let siege = Siege::begin().await;
    siege.contained("exec_tmp").await;
    siege.contained("memfd_exec").await;
    siege.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kernels_dark_corners_are_closed() {
    let siege = Siege::begin().await;
    for attack in ["io_uring", "userfaultfd", "keyctl"] {
        siege.contained(attack).await;
    }
    // A call through the 32-bit entry point ends the process that makes it.
    let run = siege.attack("entry_32_bit").await;
    match &run.exit.ending {
        Ending::Completed => assert_eq!(run.completed()["contained"], true, "{:?}", run.exit.output),
        _ => drop(run.failed_with(FailureCode::Signal)),
    }
    siege.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_supervisor_cannot_be_read_traced_killed_or_impersonated() {
    let siege = Siege::begin().await;
    for attack in ["read_pid1", "ptrace", "kill_pid1", "prlimit_pid1"] {
        siege.contained(attack).await;
    }
    let run = siege.attack("forge_frames").await;
    assert_eq!(run.completed()["attack"], "forge_frames", "a forged frame is output like any other");
    siege.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_a_trap_is_a_failure_with_a_name() {
    let siege = Siege::begin().await;
    for attack in ["output_symlink", "output_fifo", "output_dir"] {
        siege.attack(attack).await.failed_with(FailureCode::OutputNotRegular);
    }
    siege.attack("output_sparse").await.failed_with(FailureCode::OutputTooLarge);
    siege.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_ignores_every_signal_ends_on_time() {
    let siege = Siege::begin().await;
    let run = siege.world.attack("ignore_term", RunLimits { run_seconds_max: 2, ..RunLimits::default() }).await;
    run.failed_with(FailureCode::Timeout);
    assert!(run.exit.usage.wall_ms < 6_000, "{:?}", run.exit.usage);
    siege.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_of_the_kernel_that_go_by_uid_are_not_shared_with_a_neighbour() {
    let siege = Siege::begin().await;
    // The first attacker holds on to nothing: the second one, under another uid, gets as far.
    let (one, two) = tokio::join!(siege.contained("inotify_hog"), siege.contained("inotify_hog"));
    assert_eq!(one, two);
    siege.end().await;
}

//! Every fact that is weaker than asked has to be noticed, one by one.

use bollard::{
    Docker,
    models::{ContainerConfig, ContainerInspectResponse, MountPoint},
};
use domain::ports::sandbox::{ImageDigest, RunLimits};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::compare;
use crate::sandbox::{
    Settings,
    cage::{Cage, Purpose},
    engine::{Engine, Kind},
    image::Image,
    report::Hello,
};

const UID: u32 = 1_900_000_001;

struct Story {
    cage: Cage,
    engine: Engine,
    hello: Value,
    inspected: ContainerInspectResponse,
}

/// A cage in which everything is as asked.
fn sound() -> Story {
    let docker = Docker::connect_with_http("tcp://127.0.0.1:1", 1, bollard::API_DEFAULT_VERSION).unwrap();
    let engine = Engine {
        docker,
        daemon: "d".into(),
        kind: Kind::Docker,
        version: "1".into(),
        architecture: "x86_64".into(),
        apparmor: false,
        cgroup_v1: false,
        uids_mapped: false,
        calls: Semaphore::new(1),
    };
    let image = Image {
        id: "sha256:1".into(),
        digest: ImageDigest("sha256:1".into()),
        argv: vec!["/a".into()],
        cwd: "/".into(),
        volumes: vec!["/data".into()],
        has_home: true,
    };
    let cage = Cage::new(Kind::Docker, &RunLimits::default(), &image, UID, "tm-x-supervisor-1".into());
    let body = cage.body(&engine, &Settings::default(), &image, &Purpose { installation: "x", run: None });
    let supervisor = MountPoint {
        name: Some("tm-x-supervisor-1".into()),
        destination: Some("/.tallyman".into()),
        rw: Some(false),
        ..MountPoint::default()
    };
    let inspected = ContainerInspectResponse {
        config: Some(ContainerConfig { user: body.user, ..ContainerConfig::default() }),
        host_config: body.host_config,
        mounts: Some(vec![supervisor]),
        ..ContainerInspectResponse::default()
    };
    let asked = cage.tmpfs.clone();
    let tmpfs = |target: &str| {
        let tmpfs = asked.iter().find(|tmpfs| tmpfs.target == target).unwrap();
        let (size, inodes) = (format!("size={}k", tmpfs.bytes_max >> 10), format!("nr_inodes={}", tmpfs.inodes_max));
        json!({"target": target, "fstype": "tmpfs", "options": ["rw", "nosuid", "nodev", "noexec", size, inodes]})
    };
    let hello = json!({
        "protocol": 1, "uid": UID, "gid": UID, "groups": [UID], "cap_effective": "0000", "cap_bounding": "0000", "no_new_privs": true, "seccomp": 2,
        "root_read_only": true, "interfaces": ["lo"], "core_bytes_max": 0, "nofile_max": 256, "dumpable": false,
        "memory_bytes_max": 512 << 20, "memory_swap_bytes_max": 512 << 20, "pids_max": 128, "cpu_quota_us": 50_000, "cpu_period_us": 100_000,
        "mounts": [
            {"target": "/", "fstype": "overlay", "options": ["ro"]}, {"target": "/.tallyman", "fstype": "ext4", "options": ["ro"]},
            {"target": "/dev", "fstype": "tmpfs", "options": ["rw"]}, {"target": "/proc", "fstype": "proc", "options": ["rw"]},
            tmpfs("/tmp"), tmpfs("/input"), tmpfs("/output"), tmpfs("/dev/shm"), tmpfs("/data"),
        ],
    });
    Story { cage, engine, hello, inspected }
}

impl Story {
    fn weaker(&self) -> Vec<String> {
        let hello: Hello = serde_json::from_value(self.hello.clone()).unwrap();
        compare(&self.cage, &self.engine, &Settings::default(), &hello, &self.inspected).1
    }
}

#[test]
fn a_cage_that_is_as_asked_has_nothing_weak() {
    assert_eq!(sound().weaker(), Vec::<String>::new());
}

#[test]
fn each_fact_that_is_weaker_or_missing_from_inside_is_noticed() {
    let weak = [
        ("uid", json!(0)),
        ("gid", json!(0)),
        ("groups", json!([0])),
        ("cap_effective", json!("0400")),
        ("cap_bounding", json!("1")),
        ("no_new_privs", json!(false)),
        ("seccomp", json!(0)),
        ("root_read_only", json!(false)),
        ("interfaces", json!(["lo", "eth0"])),
        ("core_bytes_max", json!(1)),
        ("nofile_max", json!(1_024)),
        ("dumpable", json!(true)),
        ("memory_bytes_max", json!(1_u64 << 40)),
        ("memory_swap_bytes_max", json!(1_u64 << 40)),
        ("pids_max", json!(4_096)),
        ("cpu_quota_us", json!(100_000)),
        ("mounts", json!([])),
    ];
    for (fact, value) in weak {
        let mut story = sound();
        story.hello[fact] = value;
        assert!(!story.weaker().is_empty(), "{fact}");
    }
    for fact in [
        "uid",
        "gid",
        "groups",
        "cap_effective",
        "cap_bounding",
        "no_new_privs",
        "seccomp",
        "root_read_only",
        "interfaces",
        "nofile_max",
        "dumpable",
        "mounts",
    ] {
        let mut story = sound();
        story.hello[fact] = Value::Null;
        assert!(!story.weaker().is_empty(), "{fact} is missing");
    }
}

#[test]
fn a_limit_that_only_the_engine_can_vouch_for_is_believed() {
    let mut story = sound();
    for fact in ["memory_bytes_max", "memory_swap_bytes_max", "pids_max", "cpu_quota_us", "cpu_period_us"] {
        story.hello[fact] = Value::Null;
    }
    assert_eq!(story.weaker(), Vec::<String>::new());
}

#[test]
fn a_mount_that_can_be_written_executed_or_filled_without_end_is_noticed() {
    for (place, option) in [
        ("/tmp", "noexec"),
        ("/output", "nosuid"),
        ("/dev/shm", "nodev"),
        ("/tmp", "nr_inodes=8192"),
        ("/data", "size=65536k"),
        ("/", "ro"),
        ("/.tallyman", "ro"),
    ] {
        let mut story = sound();
        let mounts = story.hello["mounts"].as_array_mut().unwrap();
        let mount = mounts.iter_mut().find(|mount| mount["target"] == place).unwrap();
        let options = mount["options"].as_array_mut().unwrap();
        let held = options.len();
        options.retain(|held| held != option);
        assert!(options.len() < held && !story.weaker().is_empty(), "{place} without {option}");
    }
    for (asked, seen) in [
        ("size=65536k", "size=65537k"),
        ("size=65536k", "size=1g"),
        ("size=65536k", "size=0k"),
        ("size=65536k", "size=50%"),
        ("nr_inodes=8192", "nr_inodes=8193"),
        ("nr_inodes=8192", "nr_inodes=0"),
    ] {
        let mut story = sound();
        let mounts = story.hello["mounts"].as_array_mut().unwrap();
        let options = mounts.iter_mut().find(|mount| mount["target"] == "/tmp").unwrap()["options"].as_array_mut().unwrap();
        *options.iter_mut().find(|held| *held == asked).unwrap() = json!(seen);
        assert_eq!(story.weaker().len(), 1, "{seen} instead of {asked}");
    }
    let mut story = sound();
    story.hello["mounts"].as_array_mut().unwrap().push(json!({"target": "/host", "fstype": "ext4", "options": ["rw"]}));
    assert_eq!(story.weaker(), ["/host can be written"]);
}

#[test]
fn each_thing_that_the_engine_says_otherwise_is_noticed() {
    type Change = fn(&mut ContainerInspectResponse);
    let changes: [Change; 17] = [
        |said| said.host_config.as_mut().unwrap().privileged = Some(true),
        |said| said.host_config.as_mut().unwrap().readonly_rootfs = Some(false),
        |said| said.host_config.as_mut().unwrap().network_mode = Some("bridge".into()),
        |said| said.host_config.as_mut().unwrap().ipc_mode = Some("host".into()),
        |said| said.host_config.as_mut().unwrap().pid_mode = Some("host".into()),
        |said| said.host_config.as_mut().unwrap().cap_add = Some(vec!["SYS_ADMIN".into()]),
        |said| said.host_config.as_mut().unwrap().binds = Some(vec!["/:/host".into()]),
        |said| said.host_config.as_mut().unwrap().log_config = None,
        |said| said.host_config.as_mut().unwrap().memory_swap = Some(-1),
        |said| said.host_config.as_mut().unwrap().oom_kill_disable = Some(true),
        |said| said.host_config.as_mut().unwrap().security_opt = Some(vec!["seccomp=unconfined".into()]),
        |said| said.host_config.as_mut().unwrap().security_opt.as_mut().unwrap().retain(|option| !option.starts_with("seccomp")),
        |said| {
            let options = said.host_config.as_mut().unwrap().security_opt.as_mut().unwrap();
            let profile = options.iter_mut().find(|option| option.starts_with("seccomp={")).unwrap();
            *profile = profile.replacen("SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW", 1);
        },
        |said| drop(said.host_config.as_mut().unwrap().tmpfs.as_mut().unwrap().insert("/more".into(), "rw".into())),
        |said| drop(said.host_config.as_mut().unwrap().tmpfs.as_mut().unwrap().insert("/tmp".into(), "rw,size=1g".into())),
        |said| said.config.as_mut().unwrap().user = Some("0:0".into()),
        |said| {
            let anonymous = MountPoint { destination: Some("/data".into()), name: Some("anonymous".into()), ..MountPoint::default() };
            said.mounts = Some(vec![anonymous]);
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut story = sound();
        change(&mut story.inspected);
        assert!(!story.weaker().is_empty(), "change {number}");
    }
}

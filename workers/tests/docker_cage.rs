//! The cage, as the engine and the agent itself see it.

mod docker_world;

use std::collections::HashMap;

use bollard::models::HostConfig;
use docker_world::{World, spec};
use domain::ports::sandbox::{FailureCode, SandboxError};
use serde_json::{Value, json};
use supervisor::frames::{Kind, Sealer};

const WAITS: &str = "echo up; sleep 60";

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_confirms_every_flag_of_a_running_container() {
    let world = World::new().await;
    let image = world.image(WAITS).await;
    let mut running = world.start(&spec(&image, json!({}))).await;
    let name = world.containers().await.remove(0);
    let uid = world.records.get(&name).expect("its name was recorded").uid;
    let inspected = world.engine.inspect_container(&name, None).await.unwrap();
    let (config, host) = (inspected.config.unwrap(), inspected.host_config.unwrap());
    assert_eq!(config.user, Some(format!("{uid}:{uid}")));
    assert_eq!((config.tty, config.open_stdin, config.stdin_once), (Some(false), Some(true), Some(true)));
    assert_eq!(config.healthcheck.and_then(|check| check.test), Some(vec!["NONE".to_owned()]));
    assert_eq!((config.working_dir.as_deref(), config.entrypoint.unwrap()), (Some("/"), vec!["/.tallyman/supervisor".to_owned()]));
    assert_limits(&host);
    assert_closed(&host);
    let mounts: Vec<_> = inspected.mounts.unwrap().into_iter().map(|mount| (mount.destination.unwrap(), mount.rw.unwrap())).collect();
    assert_eq!(mounts, [("/.tallyman".to_owned(), false)]);
    running.cancel.cancel();
    running.end().await;
    world.finish().await;
}

fn assert_limits(host: &HostConfig) {
    assert_eq!((host.memory, host.memory_swap), (Some(512 << 20), Some(512 << 20)));
    assert_eq!((host.cpu_quota, host.cpu_period), (Some(50_000), Some(100_000)));
    assert_eq!((host.pids_limit, host.oom_kill_disable), (Some(128), Some(false)));
    let ulimits: HashMap<_, _> =
        host.ulimits.iter().flatten().map(|limit| (limit.name.clone().unwrap(), (limit.soft, limit.hard))).collect();
    for (name, value) in [("core", 0), ("nofile", 256), ("msgqueue", 0), ("memlock", 64 << 10)] {
        assert_eq!(ulimits.get(name), Some(&(Some(value), Some(value))), "{name}");
    }
    let tmpfs = host.tmpfs.as_ref().unwrap();
    for (target, bytes) in [("/tmp", 64 << 20), ("/input", 2 << 20), ("/output", 4 << 20), ("/dev/shm", 16 << 20)] {
        let options = &tmpfs[target];
        assert!(options.starts_with(&format!("rw,noexec,nosuid,nodev,size={bytes},nr_inodes=")), "{target}: {options}");
    }
}

fn assert_closed(host: &HostConfig) {
    assert_eq!((host.privileged, host.readonly_rootfs, host.auto_remove), (Some(false), Some(true), Some(false)));
    assert_eq!((host.network_mode.as_deref(), host.ipc_mode.as_deref(), host.pid_mode.as_deref()), (Some("none"), Some("none"), Some("")));
    assert_eq!(host.cgroupns_mode.map(|mode| mode.to_string()).as_deref(), Some("private"));
    assert_eq!((host.cap_drop.as_deref(), host.cap_add.as_deref()), (Some(&["ALL".to_owned()][..]), Some(&[][..])));
    assert_eq!(host.log_config.as_ref().and_then(|log| log.typ.as_deref()), Some("none"));
    assert_eq!((host.dns.clone(), host.binds.clone(), host.devices.clone()), (Some(vec!["127.0.0.1".into()]), Some(vec![]), Some(vec![])));
    assert_ne!(host.init, Some(true));
    let security = host.security_opt.as_ref().unwrap();
    assert!(security.contains(&"no-new-privileges:true".to_owned()));
    let profile = security.iter().find_map(|option| option.strip_prefix("seccomp=")).unwrap();
    let profile: Value = serde_json::from_str(profile).unwrap();
    assert_eq!(profile["defaultAction"], "SCMP_ACT_ERRNO");
    assert!(!host.masked_paths.as_ref().unwrap().is_empty() && !host.readonly_paths.as_ref().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_isolation_that_the_agent_had_is_stored_with_its_result() {
    let world = World::new().await;
    let isolation = world.run_script("echo {}").await.exit.isolation;
    assert_eq!(isolation["weaker"], json!([]));
    let seen = &isolation["seen"];
    assert_eq!((&seen["seccomp"], &seen["no_new_privs"], &seen["root_read_only"]), (&json!(2), &json!(true), &json!(true)));
    assert_eq!((&seen["interfaces"], &seen["memory_bytes_max"]), (&json!(["lo"]), &json!(512 << 20)));
    assert_eq!(seen["cap_effective"].as_str().unwrap().trim_matches('0'), "");
    assert_eq!(isolation["inspected"]["network"], "none");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_two_agents_has_a_uid_of_its_own_and_no_group_of_the_images() {
    let world = World::new().await;
    let image = world.image("id -u; id -G; sleep 60").await;
    let (mut one, mut two) =
        tokio::join!(async { world.start(&spec(&image, json!({}))).await }, async { world.start(&spec(&image, json!({}))).await });
    docker_world::until("both said who they are", async || one.lines.count() + two.lines.count() == 4).await;
    let (first, second) = (one.lines.texts(), two.lines.texts());
    assert_ne!(first[0], second[0]);
    assert_eq!((&first[0], &second[0]), (&first[1], &second[1]), "the only group is its own");
    one.cancel.cancel();
    two.cancel.cancel();
    tokio::join!(one.end(), two.end());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_hosts_resolver_reaches_the_agent() {
    let world = World::new().await;
    let run = world.run_script("cat /etc/resolv.conf /etc/hosts; echo; echo {}").await;
    run.completed();
    let seen = run.lines.texts().join("\n");
    assert!(seen.contains("nameserver 127.0.0.1"), "{seen}");
    assert!(!seen.lines().any(|line| line.starts_with("search ") && line != "search ."), "{seen}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_images_volumes_healthcheck_labels_user_and_workdir_change_nothing() {
    let world = World::new().await;
    let image = world
        .image_with(&[
            "VOLUME /data",
            "HEALTHCHECK --interval=1s CMD touch /tmp/checked",
            "LABEL tallyman.installation=another tallyman.execution=exe_1 tallyman.attempt=9",
            "USER nobody",
            "WORKDIR /bin",
            &format!("ENTRYPOINT {}", json!(["/bin/sh", "-c", "pwd; head -c 80M /dev/zero > /data/x || echo full; echo up; sleep 60"])),
        ])
        .await;
    let mut running = world.start(&spec(&image, json!({}))).await;
    docker_world::until("the volume is full", async || running.lines.texts().contains(&"up".to_owned())).await;
    assert_eq!(running.lines.texts()[0], "/bin");
    assert!(running.lines.texts().contains(&"full".to_owned()), "{:?}", running.lines.texts());
    let inspected = world.engine.inspect_container(&world.containers().await[0], None).await.unwrap();
    let labels = inspected.config.as_ref().unwrap().labels.clone().unwrap();
    assert_eq!(labels["tallyman.installation"], world.installation);
    assert!(labels["tallyman.execution"].starts_with("exe_0000"));
    assert!(inspected.state.unwrap().health.is_none_or(|health| health.log.unwrap_or_default().is_empty()));
    assert_eq!(inspected.mounts.unwrap().len(), 1, "no volume of the image's was made");
    running.cancel.cancel();
    running.end().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_asks_for_too_much_is_refused() {
    let world = World::with(|settings| settings.image_env_bytes_max = 1_000).await;
    let command = r#"CMD ["/bin/sh"]"#.to_owned();
    let volumes = format!("VOLUME {}", json!((0..9).map(|number| format!("/v{number}")).collect::<Vec<_>>()));
    let huge = format!("ENV HUGE={}", "x".repeat(1_000));
    for (instruction, words) in [(volumes.as_str(), "VOLUMEs"), ("VOLUME /proc/x", "VOLUME"), (&huge, "bytes of environment")] {
        let image = world.image_with(&[instruction, &command]).await;
        let message = world.run(&spec(&image, json!({}))).await.failed_with(FailureCode::ImageRefused);
        assert!(message.contains(words), "{message}");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_with_a_file_where_a_folder_has_to_be_is_refused_without_a_word_about_the_host() {
    let world = World::new().await;
    let image = world.image_with(&["VOLUME /bin/busybox", r#"CMD ["/bin/sh"]"#]).await;
    let root = world.engine.info().await.unwrap().docker_root_dir.expect("an engine keeps its data somewhere");
    let refused = async || {
        let run = world.run(&spec(&image, json!({}))).await;
        let message = run.failed_with(FailureCode::ImageRefused);
        assert!(message.contains("has to be a folder") && !message.contains(&root), "{message}");
        assert!(!run.lines.texts().iter().any(|line| line.contains(&root)), "{:?}", run.lines.texts());
        let heard = run.heard().expect("the engine said why");
        assert!(!message.contains(heard), "{heard}");
    };
    refused().await;
    // Another image has brought the supervisor here meanwhile, so now it shows at the start.
    world.run(&spec(&world.image("echo {}").await, json!({}))).await.completed();
    refused().await;
    world.finish().await;
}

/// A program in the supervisor's place that greets with a lie of its own.
fn impostor(hello: &[u8]) -> tempfile::NamedTempFile {
    use std::{fmt::Write, io::Write as _};
    let mut said = String::new();
    for byte in hello {
        write!(said, "\\{byte:03o}").unwrap();
    }
    let mut script = tempfile::NamedTempFile::new().unwrap();
    write!(script, "#!/bin/sh\nprintf '{said}'\nsleep 60\n").unwrap();
    script
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cage_that_is_weaker_than_asked_never_holds_an_agent() {
    let hello = Sealer::default().seal(Kind::Hello, br#"{"protocol": 1, "uid": 0, "mounts": [], "dumpable": true}"#);
    let impostor = impostor(&hello);
    let world = World::with(|settings| settings.supervisor_path = impostor.path().to_owned()).await;
    let run = world.run_script("echo {}").await;
    let message = run.failed_with(FailureCode::Isolation);
    assert!(message.contains("the agent was not started"), "{message}");
    assert!(run.exit.isolation["weaker"].as_array().unwrap().len() > 5, "{}", run.exit.isolation);
    world.no_container_is_left().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_says_something_else_first_is_a_fault_of_ours() {
    let impostor = impostor(b"hello, I am the agent\n");
    let world = World::with(|settings| settings.supervisor_path = impostor.path().to_owned()).await;
    let image = world.image("echo {}").await;
    let error = world.try_run(&spec(&image, json!({}))).await.err().expect("no run");
    assert!(matches!(error, SandboxError::Engine { .. }), "{error}");
    world.no_container_is_left().await;
    world.finish().await;
}

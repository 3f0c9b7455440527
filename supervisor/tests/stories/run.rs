//! An ordinary run, from `HELLO` to `EXIT`.

use std::time::{Duration, Instant};

use supervisor::frames::Kind;

use crate::namespace::{Container, header, shell};

#[test]
fn a_parked_supervisor_tells_what_it_sees_of_its_cage() {
    let hello = Container::create().hello();
    assert_eq!((hello.protocol, hello.dumpable, hello.root_read_only), (1, false, Some(true)));
    assert_eq!((hello.status.uid, hello.status.gid, hello.status.groups), (Some(65534), Some(65534), Some(vec![])));
    assert_eq!(hello.status.cap_effective.as_deref(), Some("0000000000000000"));
    assert_eq!(hello.status.cap_bounding.as_deref(), Some("0000000000000000"));
    assert_eq!((hello.status.no_new_privs, hello.core_bytes_max), (Some(true), Some(0)));
    assert_eq!(hello.interfaces, Some(vec!["lo".to_owned()]));
    let output = hello.mounts.iter().find(|mount| mount.target == "/output").unwrap();
    for option in ["noexec", "nosuid", "nodev", "size=4096k", "nr_inodes=32"] {
        assert!(output.options.iter().any(|got| got == option), "{option} in {output:?}");
    }
}

#[test]
fn an_agent_runs_and_its_output_arrives_in_order() {
    let told = Container::create().run(&shell("echo out; echo err >&2; exit 3"), b"{}");
    assert_eq!(told.kinds.first(), Some(&Kind::Started));
    assert_eq!(told.kinds.last(), Some(&Kind::Exit));
    assert_eq!((told.stdout(), &told.stderr[..]), ("out\n", &b"err\n"[..]));
    let exit = told.exit();
    assert_eq!((exit.code, exit.signal, exit.timed_out, exit.flooded, exit.oom_killed), (Some(3), None, false, false, false));
    assert_eq!((exit.stdout_bytes, exit.stderr_bytes), (4, 4));
}

#[test]
fn an_agent_starts_within_milliseconds_of_start() {
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let mut container = Container::create();
        container.hello();
        let began = Instant::now();
        container.start(&header(&["true"]), b"{}");
        container.frames_until(|frame| frame.kind == Kind::Started);
        best = best.min(began.elapsed());
    }
    eprintln!("START to STARTED: {best:?}");
    assert!(best < Duration::from_millis(20), "{best:?}");
}

#[test]
fn a_supervisor_whose_worker_dies_before_start_ends_quietly() {
    let mut container = Container::create();
    container.hello();
    container.write(&[0, 0, 1, 0, 1, 7]);
    container.close_stdin();
    assert_eq!(container.frame(), None);
    assert_eq!(container.exit_code(), Some(0));
}

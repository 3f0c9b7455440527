//! Before `START`: what a warm container says and costs.

use crate::namespace::Container;

const RSS_KIB_MAX: u64 = 4096;

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
fn a_parked_supervisor_is_one_small_process_with_one_thread() {
    let mut container = Container::create();
    container.hello();
    let status = container.supervisor_status();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.split_ascii_whitespace().next()?.parse::<u64>().ok()).unwrap()
    };
    eprintln!("parked: {} KiB resident", field("VmRSS:"));
    assert_eq!(field("Threads:"), 1);
    assert!(field("VmRSS:") < RSS_KIB_MAX, "{status}");
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

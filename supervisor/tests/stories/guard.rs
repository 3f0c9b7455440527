//! The supervisor kills every process that it can reach. Outside of a PID namespace of its own, that would be the machine.

use std::process::{Command, Stdio};

use crate::namespace::binary;

#[test]
fn the_supervisor_refuses_to_run_unless_it_is_pid_1() {
    let refused = Command::new(binary()).stdin(Stdio::null()).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(refused.stdout, b"");
    let sentence = String::from_utf8(refused.stderr).unwrap();
    assert!(sentence.contains("runs as PID 1 of an agent container only"), "{sentence}");
}

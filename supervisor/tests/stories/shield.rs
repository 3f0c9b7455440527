//! The agent has the uid of the supervisor, and still cannot reach it.

use crate::namespace::{Container, shell};

#[test]
fn the_agent_cannot_open_the_supervisors_descriptors_memory_or_environment() {
    let script = "for file in fd/0 fd/1 fd/2 mem environ maps auxv; do
        if (: <\"/proc/1/$file\") 2>/dev/null || (: >\"/proc/1/$file\") 2>/dev/null; then echo opened $file; fi
    done; if ls /proc/1/fd 2>/dev/null || ls /proc/1/root/ 2>/dev/null; then echo listed; fi; id -u; grep ^Uid: /proc/1/status";
    let told = Container::create().run(&shell(script), b"{}");
    assert_eq!(told.stdout(), "65534\nUid:\t65534\t65534\t65534\t65534\n");
}

#[test]
fn no_signal_from_inside_ends_or_stops_the_supervisor() {
    let script = "for signal in $(seq 1 64); do kill -$signal 1; done 2>/dev/null; grep ^State /proc/1/status; exit 5";
    let told = Container::create().run(&shell(script), b"{}");
    assert_eq!(told.exit().code, Some(5));
    assert!(!told.stdout().contains("stopped"), "{}", told.stdout());
}

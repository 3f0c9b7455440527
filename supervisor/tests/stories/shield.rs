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

#[test]
fn the_agent_cannot_change_the_limits_or_the_scheduling_of_the_supervisor() {
    let script = "prlimit --pid 1 --nofile=1:1 && echo limited; prlimit --pid 1 --cpu=1:1 && echo limited
        taskset --pid 1 1 >/dev/null && echo pinned; chrt --idle --pid 0 1 && echo idle
        prlimit --pid $$ --core=0:0 && taskset --pid 1 $$ >/dev/null && echo itself; exit 6";
    let told = Container::create().run(&shell(script), b"{}");
    assert_eq!((told.stdout(), told.exit().code), ("itself\n", Some(6)));
}

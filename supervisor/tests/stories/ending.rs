//! How runs end, and that nothing outlives them.

use std::time::{Duration, Instant};

use supervisor::frames::Kind;

use crate::namespace::{Container, header, shell};

#[test]
fn exit_follows_the_agents_end_within_milliseconds() {
    let mut times = Vec::new();
    for _ in 0..9 {
        let mut container = Container::create();
        container.hello();
        container.start(&shell("(sleep 1000 &) ; echo last"), b"{}");
        container.frames_until(|frame| frame.kind == Kind::Stdout);
        let began = Instant::now();
        container.frames_until(|frame| frame.kind == Kind::Exit);
        times.push(began.elapsed());
    }
    times.sort();
    eprintln!("last line to EXIT: best {:?}, median {:?}", times[0], times[4]);
    assert!(times[0] < Duration::from_millis(50), "{times:?}");
}

#[test]
fn after_its_time_an_agent_that_ignores_every_request_is_killed_with_all_its_children() {
    let mut header =
        shell("trap '' TERM INT HUP; for i in 1 2 3; do (setsid sh -c 'trap \"\" TERM; sleep 1000' &); done; echo stubborn; sleep 1000");
    header.run_ms_max = 300;
    let told = Container::create().run(&header, b"{}");
    let exit = told.exit();
    assert_eq!(told.stdout(), "stubborn\n");
    assert_eq!((exit.timed_out, exit.code, exit.signal), (true, None, Some(9)));
    assert!((300..2000).contains(&exit.wall_ms), "{exit:?}");
}

#[test]
fn a_process_that_is_left_behind_is_killed_and_holds_nothing_up() {
    let told = Container::create().run(&shell("sleep 1000 & exit 7"), b"{}");
    let exit = told.exit();
    assert_eq!((exit.code, exit.timed_out), (Some(7), false));
    assert!(exit.wall_ms < 2000, "{exit:?}");
}

#[test]
fn orphans_are_reaped_while_the_agent_runs() {
    let script = "for i in 1 2 3 4 5 6 7 8 9; do (sh -c : &); done
        while grep -qs '^State:.Z' /proc/[0-9]*/status; do :; done; echo no zombies";
    assert_eq!(Container::create().run(&shell(script), b"{}").stdout(), "no zombies\n");
}

#[test]
fn the_usage_of_children_and_orphans_is_counted() {
    let burn = "i=0; while [ $i -lt 60000 ]; do i=$((i + 1)); done";
    let script = format!("sh -c '{burn}'; (sh -c '{burn}; echo done >/output/orphan' &); while [ ! -s /output/orphan ]; do :; done");
    let told = Container::create().run(&shell(&script), b"{}");
    let exit = told.exit();
    assert!(exit.cpu_ms >= 10 && exit.memory_peak_bytes > 100_000, "{exit:?}");
    assert_eq!(exit.usage_source, "wait4");
}

#[test]
fn the_signal_that_ended_the_agent_is_told() {
    for signal in [6, 9, 11, 34, 64] {
        let told = Container::create().run(&shell(&format!("kill -{signal} $$; sleep 1000")), b"{}");
        assert_eq!((told.exit().code, told.exit().signal), (None, Some(signal)));
    }
}

#[test]
fn the_end_of_stdin_ends_everything() {
    let mut container = Container::create();
    container.hello();
    container.start(&shell("(setsid sleep 1000 &); echo ready; trap '' TERM; sleep 1000"), b"{}");
    container.frames_until(|frame| frame.kind == Kind::Stdout);
    container.close_stdin();
    assert_eq!(container.frame(), None);
    assert_eq!(container.exit_code(), Some(0));
}

#[test]
fn bytes_after_start_are_not_the_end() {
    let mut container = Container::create();
    container.hello();
    container.start(&shell("echo ready; until [ -e /output/go ]; do :; done; echo done"), b"{}");
    container.write(b"whatever this is");
    container.frames_until(|frame| frame.kind == Kind::Stdout);
    container.touch_output("go");
    let frames = container.frames_until(|frame| frame.kind == Kind::Exit);
    assert_eq!(frames[0].payload, b"done\n");
}

#[test]
fn a_bomb_of_processes_is_killed_to_the_last() {
    // The first process needs no other one to go on, so that only the end of its time ends it.
    let mut header = header(&["prlimit", "--nproc=300", "sh", "-c", "bomb() { bomb | bomb & }; bomb & exec sleep 1000"]);
    header.run_ms_max = 700;
    let told = Container::create().run(&header, b"{}");
    assert_eq!((told.exit().timed_out, told.exit().code, told.exit().signal), (true, None, Some(9)));
    assert!(String::from_utf8_lossy(&told.stderr).contains("fork"), "it has filled its bound: {told:?}");
}

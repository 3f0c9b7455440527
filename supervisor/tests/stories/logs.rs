//! What the agent writes to its streams.

use supervisor::frames::Kind;

use crate::namespace::{Container, shell};

#[test]
fn both_streams_arrive_as_they_come_between_started_and_exit() {
    let told = Container::create().run(&shell("echo out; echo err >&2; exit 3"), b"{}");
    assert_eq!((told.kinds.first(), told.kinds.last()), (Some(&Kind::Started), Some(&Kind::Exit)));
    assert_eq!((told.stdout(), &told.stderr[..]), ("out\n", &b"err\n"[..]));
    let exit = told.exit();
    assert_eq!((exit.code, exit.signal, exit.timed_out, exit.flooded), (Some(3), None, false, false));
    assert_eq!((exit.stdout_bytes, exit.stderr_bytes), (4, 4));
}

#[test]
fn a_line_arrives_while_the_agent_still_runs() {
    let mut container = Container::create();
    container.hello();
    container.start(&shell("echo first; cat /dev/zero >/dev/null"), b"{}");
    let frames = container.frames_until(|frame| frame.kind == Kind::Stdout);
    assert_eq!(frames.last().unwrap().payload, b"first\n");
}

#[test]
fn of_a_long_stream_head_and_tail_are_kept_around_the_cut() {
    let numbers: Vec<String> = (1..=50_000).map(|number| number.to_string()).collect();
    let everything = numbers.join("\n") + "\n";
    let mut header = shell("seq 1 50000; seq 1 50000 >&2");
    header.log_bytes_max = 1001;
    let told = Container::create().run(&header, b"{}");
    let kept = [&everything[..501], &everything[everything.len() - 500..]].concat();
    assert_eq!((told.stdout(), std::str::from_utf8(&told.stderr).unwrap()), (&kept[..], &kept[..]));
    let dropped = everything.len() as u64 - 1001;
    assert_eq!(
        told.cuts.iter().map(|cut| (&cut.stream[..], cut.dropped_bytes)).collect::<Vec<_>>(),
        [("stdout", dropped), ("stderr", dropped)]
    );
    assert_eq!(told.cut_at, [(501, 501), (1001, 501)]);
    assert_eq!(told.exit().stdout_bytes, everything.len() as u64);
}

#[test]
fn nothing_is_cut_when_the_whole_stream_fits() {
    let mut header = shell("printf 0123456789");
    header.log_bytes_max = 10;
    let told = Container::create().run(&header, b"{}");
    assert_eq!((told.stdout(), told.cuts.len()), ("0123456789", 0));
    header.log_bytes_max = 9;
    let told = Container::create().run(&header, b"{}");
    assert_eq!((told.stdout(), told.cuts[0].dropped_bytes), ("012346789", 1));
    header.log_bytes_max = 0;
    let told = Container::create().run(&header, b"{}");
    assert_eq!((told.stdout(), told.cuts[0].dropped_bytes), ("", 10));
}

#[test]
fn a_flood_kills_the_agent() {
    let mut header = shell("yes");
    header.log_bytes_max = 1000;
    header.log_flood_bytes_max = 1 << 20;
    let told = Container::create().run(&header, b"{}");
    let exit = told.exit();
    assert_eq!((exit.flooded, exit.timed_out, exit.code, exit.signal), (true, false, None, Some(9)));
    assert_eq!(told.stdout.len(), 1000);
    // One read and what was in the pipe.
    assert!(exit.stdout_bytes <= (1 << 20) + 2 * (1 << 16), "{exit:?}");
}

#[test]
fn both_streams_count_towards_a_flood() {
    let mut header = shell("yes | head -c 600000; yes | head -c 600000 >&2");
    header.log_flood_bytes_max = 1 << 20;
    assert!(Container::create().run(&header, b"{}").exit().flooded);
}

#[test]
fn a_worker_that_does_not_read_holds_up_the_agent_but_not_its_end() {
    let mut container = Container::create();
    container.hello();
    let mut header = shell("yes");
    (header.run_ms_max, header.log_bytes_max) = (500, 16 << 20);
    container.start(&header, b"{}");
    container.wait_for_children(true);
    container.wait_for_children(false);
    let told = container.rest();
    let exit = told.exit();
    assert!(exit.timed_out && !exit.flooded, "{exit:?}");
    assert!(exit.stdout_bytes < 1 << 20, "{exit:?}");
    assert_eq!(told.stdout.len() as u64, exit.stdout_bytes);
}

#[test]
fn what_looks_like_a_frame_on_stdout_is_output() {
    let told = Container::create().run(&shell(r"printf '\000\000\000\031\027\000\000\000\000\000\000\000\002{}0123456789abcdef'"), b"{}");
    assert_eq!(told.kinds, [Kind::Started, Kind::Stdout, Kind::Exit]);
    assert_eq!(told.stdout.len(), 31);
}

//! Lines: numbered over all attempts, read in pages, followed as they come.

use std::time::Duration;

use domain::entities::id::ExecutionId;
use domain::executions::{Begun, Followed, LogBook, State, Stream};
use domain::paging::PageRequest;
use domain::ports::sandbox::{LogLine, LogSink as _, LogStream};
use futures::StreamExt as _;
use jobs::Outcome;
use serde_json::json;
use testkit::{Script, World, until};

crate::on_every_engine!(
    lines_are_kept_in_order_and_read_in_pages,
    the_numbers_go_on_over_attempts,
    whoever_follows_sees_each_line_once_and_the_end,
    whoever_comes_back_goes_on_where_they_were,
    many_lines_are_kept_and_odd_ones_too,
    lines_are_there_while_the_agent_runs_and_the_oldest_of_the_tail_make_room,
);

fn says(lines: &[&str]) -> Script {
    Script::Answers { lines: lines.iter().map(ToString::to_string).collect(), output: json!({}) }
}

async fn lines_are_kept_in_order_and_read_in_pages(world: World) {
    world.sandbox.next(says(&["one", "two", "three"]));
    let (owner, submitted) = world.accepted_run().await;
    world.run_jobs().await;
    let read = async |after, size, token| {
        let page = PageRequest { size: Some(size), token };
        world.domain.executions().logs(&owner, submitted.execution_id, after, &page).await.unwrap()
    };
    let first = read(0, 2, None).await;
    assert_eq!(first.items.iter().map(|line| (line.seq, line.text.as_str())).collect::<Vec<_>>(), [(1, "one"), (2, "two")]);
    let second = read(0, 2, first.next_page_token).await;
    assert_eq!(second.items.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["three"]);
    assert_eq!(second.next_page_token, None);
    assert_eq!(read(2, 10, None).await.items.len(), 1, "after a number");
    assert_eq!(world.execution(submitted.execution_id).await.log_bytes, 14);
    world.finish().await;
}

async fn the_numbers_go_on_over_attempts(world: World) {
    world.sandbox.next(Script::RunsUntilStopped);
    world.sandbox.next(says(&["again"]));
    let (_, submitted) = world.accepted_run().await;
    let id = submitted.execution_id;
    let die = async {
        until("the agent works", async || world.log(id).await.len() == 1).await;
        world.database.execute("UPDATE jobs SET lease_until = 1 WHERE state = 'running'").await;
    };
    tokio::join!(world.run_jobs(), die);
    let lines = world.log(id).await;
    assert_eq!(
        lines.iter().map(|line| (line.seq, line.attempt, line.text.as_str())).collect::<Vec<_>>(),
        [(1, 1, "working"), (2, 2, "attempt 2 begins here; the lines above are those of attempt 1"), (3, 2, "again"),]
    );
    assert_eq!(lines[1].stream, Stream::System);
    let execution = world.execution(id).await;
    assert_eq!((execution.state, execution.attempt), (State::Succeeded, 2));
    world.finish().await;
}

async fn whoever_follows_sees_each_line_once_and_the_end(world: World) {
    world.sandbox.next(says(&["one", "two"]));
    let (owner, submitted) = world.accepted_run().await;
    let stream = world.domain.follow(&owner, submitted.execution_id, 0).await.unwrap();
    let (seen, ()) = tokio::join!(stream.map(|next| told(&next.unwrap())).collect::<Vec<_>>(), world.run_jobs());
    assert_eq!(seen, ["1 one", "2 two", "end succeeded"]);
    world.finish().await;
}

async fn whoever_comes_back_goes_on_where_they_were(world: World) {
    world.sandbox.next(says(&["one", "two"]));
    let (owner, submitted) = world.accepted_run().await;
    world.run_jobs().await;
    let stream = world.domain.follow(&owner, submitted.execution_id, 1).await.unwrap();
    let seen: Vec<_> = stream.map(|next| told(&next.unwrap())).collect().await;
    assert_eq!(seen, ["2 two", "end succeeded"]);
    world.finish().await;
}

async fn many_lines_are_kept_and_odd_ones_too(world: World) {
    let mut lines: Vec<String> = (0..3_000).map(|number| format!("line {number}")).collect();
    lines.push("with a \0 in it".into());
    lines.push("x".repeat(100_000));
    world.sandbox.next(Script::Answers { lines, output: json!({}) });
    let (_, submitted) = world.accepted_run().await;
    world.run_jobs().await;
    let kept = world.log(submitted.execution_id).await;
    assert_eq!(kept.len(), 3_002);
    assert!(kept.iter().enumerate().all(|(at, line)| line.seq == i64::try_from(at).unwrap() + 1));
    assert_eq!(kept[3_000].text, "with a \u{fffd} in it");
    assert!(kept[3_001].text.chars().count() < 33_000, "one line has a bound of its own");
    world.finish().await;
}

/// A worker that dies takes no lines along but those of the last second.
async fn lines_are_there_while_the_agent_runs_and_the_oldest_of_the_tail_make_room(world: World) {
    let (_, submitted) = world.accepted_run().await;
    let id = submitted.execution_id;
    let broken_off = world.one_job(async |delivery| {
        let executions = world.domain.executions();
        let Begun::Run(mut plan) = executions.begin(id, &delivery.run).await.unwrap() else { panic!("it is to be run") };
        plan.limits.log_lines_max = 4;
        let (book, writer) = executions.logbook(&plan, &delivery.run);
        let agent = async {
            book.started().await;
            say(&book, &["1", "2", "3", "4"]).await;
            shows(&world, id, &["1", "2", "3", "4"]).await;
            say(&book, &["5", "6"]).await;
            shows(&world, id, &["1", "2", "… 2 lines are cut out here …", "5", "6"]).await;
            say(&book, &["7"]).await;
            shows(&world, id, &["1", "2", "… 3 lines are cut out here …", "6", "7"]).await;
            drop(book);
        };
        tokio::join!(agent, writer.run());
        Outcome::Released
    });
    broken_off.await;
    world.run_jobs().await;
    assert_eq!(world.execution(id).await.state, State::Succeeded);
    world.finish().await;
}

async fn shows(world: &World, id: ExecutionId, wanted: &[&str]) {
    until("the lines are there", async || world.log(id).await.iter().map(|line| line.text.as_str()).eq(wanted.iter().copied())).await;
}

async fn say(book: &LogBook, lines: &[&str]) {
    for text in lines {
        book.line(LogLine { stream: LogStream::Stdout, after: Duration::ZERO, text: (*text).into() }).await;
    }
}

fn told(next: &Followed) -> String {
    match next {
        Followed::Line(line) => format!("{} {}", line.seq, line.text),
        Followed::End(state) => format!("end {}", state.name()),
    }
}

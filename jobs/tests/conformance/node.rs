//! The whole engine under a real apalis worker.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use apalis::prelude::{BoxDynError, Monitor, WorkerBuilder};
use entities::job::State;
use jobs::backend::SqlBackend;
use jobs::store::controls;
use jobs::{Concurrency, Delivery, NewJob, Outcome, Settings};
use serde_json::json;
use testkit::until;
use tokio::sync::Semaphore;

use crate::rig::{POOL, Process, Rig, job, settings};

crate::on_every_engine!(
    two_processes_run_every_job_once,
    a_bound_holds_over_two_processes_and_thousands_of_jobs,
    another_process_wakes_a_worker_and_cancels_its_job,
    a_long_job_keeps_its_lease_also_while_draining,
    a_shutdown_releases_what_does_not_end,
    an_operator_scales_a_running_pool,
    a_pool_stays_paused_and_scaled_when_its_worker_starts_again,
    log_lines_and_progress_reach_the_row,
    a_log_is_cut_by_its_bytes_and_says_so,
);

/// What the handler of a test does with a delivery.
type Script = Arc<dyn Fn(Delivery) -> futures::future::BoxFuture<'static, Outcome> + Send + Sync>;

fn script<F, Fut>(handler: F) -> Script
where
    F: Fn(Delivery) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Outcome> + Send + 'static,
{
    Arc::new(move |delivery| Box::pin(handler(delivery)))
}

/// Start an apalis worker in a process; it ends with the process.
fn work(process: &Process, concurrency: u32, handler: Script) -> tokio::task::JoinHandle<()> {
    let (node, stop) = (process.node.clone(), process.tasks.stop());
    testkit::spawn(async move {
        let monitor = Monitor::new().register(move |_| {
            let handler = Arc::clone(&handler);
            let run = move |delivery: Delivery| {
                let outcome = handler(delivery);
                async move { Ok::<_, BoxDynError>(outcome.await) }
            };
            WorkerBuilder::new("worker").backend(SqlBackend::new(&node, POOL, concurrency, Duration::ZERO)).build(run)
        });
        let signal = async move {
            stop.cancelled().await;
            Ok(())
        };
        monitor.run_with_signal(signal).await.expect("the monitor ends well");
    })
}

async fn end(process: Process, worker: tokio::task::JoinHandle<()>) {
    process.tasks.stop().cancel();
    worker.await.expect("the worker ends");
    process.shut_down().await;
}

async fn two_processes_run_every_job_once(rig: Rig) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = {
        let seen = Arc::clone(&seen);
        script(move |delivery| {
            seen.lock().expect("not poisoned").push(delivery.run.job_id());
            async { Outcome::Succeeded(json!("done")) }
        })
    };
    let (a, b) = (rig.process("a").await, rig.process("b").await);
    let workers = (work(&a, 10, Arc::clone(&note)), work(&b, 10, note));
    rig.enqueue(vec![job(); 500]).await;
    until("every job succeeds", async || rig.database.count("SELECT count(*) FROM jobs WHERE state = 'succeeded'").await == 500).await;
    end(a, workers.0).await;
    end(b, workers.1).await;
    let seen = std::mem::take(&mut *seen.lock().expect("not poisoned"));
    assert_eq!((seen.len(), seen.iter().collect::<HashSet<_>>().len()), (500, 500));
    assert_eq!(rig.database.count("SELECT count(*) FROM job_attempts").await, 500);
    assert_eq!(rig.database.count("SELECT count(*) FROM workers").await, 0, "workers that ended well leave no row");
}

async fn a_bound_holds_over_two_processes_and_thousands_of_jobs(rig: Rig) {
    let running: Arc<[AtomicUsize; 4]> = Arc::default();
    let most = Arc::new(AtomicUsize::new(0));
    let handler = {
        let (running, most) = (Arc::clone(&running), Arc::clone(&most));
        script(move |delivery: Delivery| {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            async move {
                let key = &running[delivery.payload["key"].as_u64().and_then(|key| usize::try_from(key).ok()).expect("a key")];
                most.fetch_max(key.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                }
                key.fetch_sub(1, Ordering::SeqCst);
                Outcome::Succeeded(json!(1))
            }
        })
    };
    let keyed = |key: u64| NewJob {
        payload: json!({ "key": key }),
        concurrency: Some(Concurrency { key: format!("tenant-{key}"), running_max: Some(5), rate: None }),
        ..job()
    };
    let (a, b) = (rig.process("a").await, rig.process("b").await);
    let workers = (work(&a, 30, Arc::clone(&handler)), work(&b, 30, handler));
    for part in 1..=if testkit::long_campaigns() { 20 } else { 4 } {
        rig.enqueue((0..500).map(|n| keyed(n % 4)).collect()).await;
        let all = format!("SELECT count(*) - {part} * 500 FROM jobs WHERE state = 'succeeded'");
        until("every job succeeds", async || rig.database.count(&all).await == 0).await;
    }
    end(a, workers.0).await;
    end(b, workers.1).await;
    assert_eq!(most.load(Ordering::SeqCst), 5, "the bound is used and never passed");
    assert_eq!(rig.database.count("SELECT CAST(sum(running) AS BIGINT) FROM job_limits").await, 0);
    assert_eq!(rig.database.count("SELECT CAST(max(attempt) AS BIGINT) FROM jobs").await, 1);
}

async fn another_process_wakes_a_worker_and_cancels_its_job(rig: Rig) {
    // With these settings only a message is fast: the test would run into its patience on polls and renewals alone.
    let slow = Settings { lease_seconds: 3_600, poll_ms: 600_000, ..settings() };
    let fast = rig.database.kind != testkit::Kind::Sqlite;
    let process = rig.process_with("a", if fast { slow } else { settings() }).await;
    let started = Arc::new(Semaphore::new(0));
    let handler = {
        let started = Arc::clone(&started);
        script(move |delivery: Delivery| {
            started.add_permits(1);
            async move {
                delivery.run.cancel().cancelled().await;
                Outcome::Cancelled
            }
        })
    };
    let worker = work(&process, 4, handler);
    until("the worker has signed on", async || rig.database.count("SELECT count(*) FROM workers").await == 1).await;
    let id = rig.enqueue_one(job()).await;
    // The first wake-up may come before the other side listens; a later one does not.
    until("the job starts", async || {
        if started.available_permits() == 0 {
            rig.queue.bus().send(jobs::Signal::Work(POOL));
        }
        started.available_permits() == 1
    })
    .await;
    let txn = rig.db().write().await.expect("a transaction");
    let wake = rig.queue.cancel(&txn, id).await.expect("the request");
    jobs::commit(txn, wake).await.expect("the commit");
    until("the job is cancelled", async || rig.row(id).await.state == State::Cancelled).await;
    end(process, worker).await;
}

async fn a_long_job_keeps_its_lease_also_while_draining(rig: Rig) {
    let (a, b) = (rig.process("a").await, rig.process("b").await);
    let (gate, starts) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let handler = {
        let (gate, starts) = (Arc::clone(&gate), Arc::clone(&starts));
        script(move |_| {
            starts.add_permits(1);
            let gate = Arc::clone(&gate);
            async move {
                let _pass = gate.acquire().await.expect("the gate stays");
                Outcome::Succeeded(json!(1))
            }
        })
    };
    let worker_a = work(&a, 1, Arc::clone(&handler));
    let id = rig.enqueue_one(job()).await;
    until("the job starts", async || starts.available_permits() == 1).await;
    let worker_b = work(&b, 1, handler);
    let first = rig.row(id).await.lease_until.expect("it is leased");
    a.tasks.stop().cancel();
    // Longer than two leases: without renewals the other process would have taken the job.
    until("the lease has been renewed past its second end", async || {
        rig.row(id).await.lease_until.is_some_and(|until| until.since(first) > Duration::from_secs(5))
    })
    .await;
    gate.add_permits(1);
    until("the job succeeds", async || rig.row(id).await.state == State::Succeeded).await;
    end(a, worker_a).await;
    end(b, worker_b).await;
    assert_eq!((starts.available_permits(), rig.row(id).await.attempt), (1, 1), "it ran once");
}

async fn a_shutdown_releases_what_does_not_end(rig: Rig) {
    let process = rig.process_with("a", Settings { drain_seconds_max: 0, ..settings() }).await;
    let started = Arc::new(Semaphore::new(0));
    let handler = {
        let started = Arc::clone(&started);
        script(move |delivery: Delivery| {
            started.add_permits(1);
            async move {
                delivery.run.drain().cancelled().await;
                Outcome::Released
            }
        })
    };
    let worker = work(&process, 4, handler);
    let id = rig.enqueue_one(job()).await;
    until("the job starts", async || started.available_permits() == 1).await;
    end(process, worker).await;
    let row = rig.row(id).await;
    assert_eq!((row.state, row.failures, row.deaths), (State::Queued, 0, 0));
    assert_eq!(rig.claim(1).await[0].attempt, 2, "it is free at once");
}

async fn an_operator_scales_a_running_pool(rig: Rig) {
    let process = rig.process("a").await;
    let (gate, busy) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let handler = {
        let (gate, busy) = (Arc::clone(&gate), Arc::clone(&busy));
        script(move |_| {
            busy.add_permits(1);
            let gate = Arc::clone(&gate);
            async move {
                gate.acquire().await.expect("the gate stays").forget();
                Outcome::Succeeded(json!(1))
            }
        })
    };
    let worker = work(&process, 1, handler);
    rig.enqueue(vec![job(); 5]).await;
    until("one job starts", async || busy.available_permits() == 1).await;
    let txn = rig.db().write().await.expect("a transaction");
    controls::set_concurrency(&txn, POOL, Some(3), "tester").await.expect("the row");
    txn.commit().await.expect("the commit");
    until("two more start", async || busy.available_permits() == 3).await;
    gate.add_permits(5);
    until("all succeed", async || rig.database.count("SELECT count(*) FROM jobs WHERE state = 'succeeded'").await == 5).await;
    end(process, worker).await;
}

async fn a_pool_stays_paused_and_scaled_when_its_worker_starts_again(rig: Rig) {
    let decide = async |paused: bool| {
        let txn = rig.db().write().await.expect("a transaction");
        controls::set_paused(&txn, POOL, paused, "tester").await.expect("the row");
        controls::set_concurrency(&txn, POOL, Some(2), "tester").await.expect("the row");
        txn.commit().await.expect("the commit");
    };
    decide(true).await;
    rig.enqueue(vec![job(); 5]).await;
    for name in ["a", "b"] {
        let process = rig.process(name).await;
        let worker = work(&process, 5, script(|_| async { Outcome::Succeeded(json!(1)) }));
        until("it has the operator's number", async || rig.database.count("SELECT count(*) FROM workers WHERE concurrency = 2").await == 1)
            .await;
        assert_eq!(rig.database.count("SELECT count(*) FROM jobs WHERE attempt > 0").await, 0, "and takes nothing");
        end(process, worker).await;
    }
    decide(false).await;
    let process = rig.process("c").await;
    let worker = work(&process, 5, script(|_| async { Outcome::Succeeded(json!(1)) }));
    until("all succeed", async || rig.database.count("SELECT count(*) FROM jobs WHERE state = 'succeeded'").await == 5).await;
    end(process, worker).await;
}

async fn a_log_is_cut_by_its_bytes_and_says_so(rig: Rig) {
    let process = rig.process_with("a", Settings { log_bytes_max: 100, ..settings() }).await;
    let worker = work(
        &process,
        1,
        script(|delivery: Delivery| async move {
            for line in ["é".repeat(20), "è".repeat(20), "ê".repeat(20)] {
                delivery.run.log(line);
            }
            Outcome::Succeeded(json!(1))
        }),
    );
    let id = rig.enqueue_one(job()).await;
    let whole = format!("{}\n{}\n… the log is cut here …\n", "é".repeat(20), "è".repeat(15));
    until("the log is there", async || rig.attempts(id).await.first().is_some_and(|attempt| attempt.log.as_ref() == Some(&whole))).await;
    end(process, worker).await;
}

async fn log_lines_and_progress_reach_the_row(rig: Rig) {
    let process = rig.process("a").await;
    let gate = Arc::new(Semaphore::new(0));
    let handler = {
        let gate = Arc::clone(&gate);
        script(move |delivery: Delivery| {
            let gate = Arc::clone(&gate);
            async move {
                delivery.run.log("first line");
                delivery.run.progress(json!({ "done": 1 }));
                delivery.run.progress(json!({ "done": 2 }));
                let _pass = gate.acquire().await.expect("the gate stays");
                delivery.run.log("last line");
                Outcome::Succeeded(json!(1))
            }
        })
    };
    let worker = work(&process, 1, handler);
    let id = rig.enqueue_one(NewJob { failures_max: 1, ..job() }).await;
    until("progress is seen while it runs", async || rig.row(id).await.progress == Some(json!({ "done": 2 }))).await;
    gate.add_permits(1);
    until("the job succeeds", async || rig.row(id).await.state == State::Succeeded).await;
    until("the log is whole", async || rig.attempts(id).await[0].log.as_deref() == Some("first line\nlast line\n")).await;
    end(process, worker).await;
}

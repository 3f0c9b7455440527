//! A machine whose clock jumps. The database's clock rules, so nobody else may notice.

use std::path::PathBuf;
use std::time::Duration;

use e2e::{Installation, Rows};
use entities::job::State;
use jobs::NewJob;

/// Where Debian's `libfaketime` is.
fn faketime() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").expect("/usr/lib can be read").flatten();
    let library = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1")).find(|path| path.is_file());
    library.expect("libfaketime is missing: run ./test, which installs it (Debian: apt-get install faketime)")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_clock_jumps_an_hour_runs_jobs_on_time_and_steals_none() {
    let installation = Installation::on_postgres().await;
    let rows = installation.rows().await;
    let clock = installation.folder().join("clock");
    let set_clock = |offset: &str| std::fs::write(&clock, format!("{offset}\n")).expect("the clock can be set");
    set_clock("+0");
    let (library, file) = (faketime().display().to_string(), clock.display().to_string());
    let settings = [
        ("LD_PRELOAD", library.as_str()),
        ("FAKETIME_TIMESTAMP_FILE", file.as_str()),
        ("FAKETIME_NO_CACHE", "1"),
        // A step of the wall clock does not touch the monotonic one.
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ];
    let steady = rows.put(Rows::wait(Duration::from_secs(10))).await;
    let _honest = installation.worker().await;
    rows.until_begun(steady).await;
    let _jumpy = installation.worker_with(&settings).await;
    let moved = rows.put(Rows::wait(Duration::from_secs(8))).await;

    for offset in ["+1h", "-1h", "+0"] {
        set_clock(offset);
        let delays = [0, 300, 700, 1_500].map(Duration::from_millis);
        let due = delays.map(|delay| Rows::wait(Duration::from_millis(100)).delayed(delay));
        let ids = rows.put_all(due.into_iter().cycle().take(16).collect::<Vec<NewJob>>()).await.expect("they are taken");
        for id in ids {
            let ended = rows.until_state(id, State::Succeeded).await;
            let (created, started) = (ended.created_at, ended.started_at.expect("it was started"));
            assert!(ended.finished_at.is_some_and(|finished| finished > started), "times are the database's");
            assert!(started.since(created) < Duration::from_secs(4), "clock at {offset}: {:?} late", started.since(created));
        }
    }
    for id in [steady, moved] {
        rows.until_state(id, State::Succeeded).await;
    }
    rows.each_ran_once(2 + 3 * 16).await;
    assert_eq!(rows.count("SELECT count(DISTINCT worker) FROM jobs").await, 2, "both had a share");
}

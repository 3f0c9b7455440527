//! What the first page of the README says, done: its commands as they stand there, and the answer that it shows.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use e2e::{Client, Installation, Process, program, until, until_within};
use serde_json::{Value, json};
use std::time::Duration;

/// A cancelled container is gone within so long.
const CANCEL: Duration = Duration::from_secs(5);

fn house() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package lies in the workspace").to_owned()
}

/// The fenced blocks of a section of the README, in their order.
fn blocks(section: &str) -> Vec<String> {
    let readme = std::fs::read_to_string(house().join("README.md")).expect("there is a README");
    let (_, rest) = readme.split_once(&format!("## {section}\n")).expect("the README has the section");
    let section = rest.split("\n## ").next().unwrap_or(rest);
    let blocks = section.split("```").skip(1).step_by(2);
    blocks.map(|block| block.split_once('\n').map_or("", |(_, text)| text).to_owned()).collect()
}

/// What the last command prints when somebody types these, in a folder where the examples are.
fn typed(installation: &Installation, base: &str, commands: &str) -> Value {
    symlink(house().join("examples"), installation.folder().join("examples")).expect("a link can be made");
    let program = program().display().to_string();
    // `./run` builds the program first, and `./test` has made the images: both are there.
    let commands = commands.replace("./run ", &format!("{program} ")).replace("localhost:8080", base.trim_start_matches("http://"));
    let lines = commands.lines().filter(|line| !line.starts_with("scripts/build-agent-images"));
    let script = format!("set -euo pipefail\n{}", lines.collect::<Vec<_>>().join("\n"));
    let environment = installation.command(&[]);
    let mut shell = Command::new("bash");
    shell.args(["-c", &script]).current_dir(installation.folder()).env_clear();
    shell.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let printed = testkit::engines::run(&mut shell);
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
}

/// The same without what is new each time.
fn without_times_and_ids(mut operation: Value) -> Value {
    for pointer in ["/id", "/created_at", "/finished_at", "/resource", "/result/execution_id"] {
        let value = operation.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is missing"));
        assert!(value.is_string());
        value.take();
    }
    operation
}

/// `tallyman up` on a data directory that is not there yet, and the architect who came in by the link of its first start.
async fn first_start(installation: &Installation) -> (Process, Client) {
    let mut up = installation.start_with(&["up"], &[("PORT", "0")]);
    let base = up.ready().await;
    let secret = up.login_secret().await;
    let login = || async { Client::new(&base, "").post("/v1/auth/login/link", &json!({ "secret": secret })).await };
    let entered = login().await.expect(200);
    assert_eq!(login().await.status, 401, "the link works once");
    (up, Client::new(&base, entered["access_token"].as_str().expect("it is a token")))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_readme_shows_is_what_one_gets() {
    let installation = Installation::embedded();
    let (mut up, architect) = first_start(&installation).await;
    let base = up.ready().await;
    let [commands, answer, ..] = &blocks("Run an agent on a file of yours")[..] else { panic!("commands and their answer") };

    let operation = typed(&installation, &base, commands);

    let shown: Value = serde_json::from_str(answer).expect("the README shows JSON");
    assert_eq!(without_times_and_ids(operation.clone()), without_times_and_ids(shown));

    let path = operation["resource"].as_str().expect("it names the execution");
    let execution = architect.get(path).await.expect(200);
    assert_eq!(execution["output"], operation["result"]["output"]);
    assert_eq!(execution["isolation"]["weaker"], json!([]));
    assert!(execution["usage"]["memory_peak_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{execution:#}");
    let jobs = architect.get("/v1/ops/jobs?kind=run_agent").await.expect(200);
    assert_eq!(jobs["jobs"][0]["id"], operation["id"], "whoever runs the house sees it in the queue");
    let containers = installation.containers().await;
    assert_eq!(up.terminate().await, 0);
    assert_eq!(containers.all(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_agent_is_watched_and_cancelled() {
    let installation = Installation::embedded();
    let (mut up, architect) = first_start(&installation).await;
    let containers = installation.containers().await;
    let agent = architect.example_agent("slow-chatter").await;
    let run = architect.run_agent(&agent, &json!({ "lines": 10_000, "interval_ms": 50 })).await;
    until("it has said two lines", async || architect.lines_of(&run.path).await > 1).await;

    let page = architect.get(&format!("{}/logs?page_size=1", run.path)).await.expect(200);
    assert_eq!((&page["lines"][0]["text"], &page["lines"][0]["stream"]), (&json!("line 1 of 10000"), &json!("stdout")));
    assert!(page["next_page_token"].is_string(), "there are more: {page:#}");
    let _asked = architect.post(&format!("{}/cancel", run.path), &Value::Null).await.expect(202);

    until_within(CANCEL, "the container is gone", async || containers.running().is_empty()).await;
    architect.until_execution(&run.path, "cancelled").await;
    let operation = architect.get(&format!("/v1/operations/{}", run.job_id)).await.expect(200);
    assert_eq!((&operation["state"], &operation["done"]), (&json!("cancelled"), &json!(true)));
    assert_eq!(up.terminate().await, 0);
    containers.until_gone().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_tried_without_any_agent() {
    // Whether there is an image that this machine does not have, only a registry could say.
    let installation = Installation::embedded().set("TALLYMAN_SANDBOX_PULL_POLICY", "never");
    let file = installation.folder().join("input.json");
    std::fs::write(&file, r#"{"csv": "a,b\n1,2\n"}"#).expect("it can be written");
    let by_file = format!("@{}", file.display());
    let tried = |words: &[&str]| {
        let ran = installation.run(&[&["try"], words, &["--json"]].concat());
        let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        (ran.code, report)
    };

    for input in [r#"{"csv": "a,b\n1,2\n"}"#, &by_file] {
        let (code, report) = tried(&["tallyman/csv-profile:dev", "--input", input]);
        assert_eq!((code, &report["state"], &report["failure"]), (Some(0), &json!("succeeded"), &Value::Null));
        assert_eq!(report["output"]["rows"], 1);
        assert_eq!(report["isolation"]["weaker"], json!([]));
        assert!(report["log_bytes"].is_u64() && report["usage"]["wall_ms"].is_u64(), "{report:#}");
    }
    for (words, failure) in [
        (&["tallyman/csv-profile:dev", "--input", r#"{"csv": 7}"#][..], "exit_code"),
        (&["tallyman/slow-chatter:dev", "--input", r#"{"lines": 600, "interval_ms": 100}"#, "--timeout", "1"], "timeout"),
        (&["tallyman/nowhere:dev"], "image_missing"),
    ] {
        let (code, report) = tried(words);
        assert_eq!((code, &report["state"], &report["failure"]["code"]), (Some(1), &json!("failed"), &json!(failure)), "{report:#}");
    }

    let for_people = installation.run(&["try", "tallyman/slow-chatter:dev", "--input", r#"{"lines": 2, "interval_ms": 0}"#]);
    assert_eq!(for_people.code, Some(0), "{for_people:?}");
    assert!(for_people.stderr.contains("line 1 of 2") && for_people.stderr.contains("succeeded after"), "{}", for_people.stderr);
    assert_eq!(serde_json::from_str::<Value>(&for_people.stdout).ok(), Some(json!({ "lines": 2 })), "only the answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_a_whole_installation_well_and_names_the_one_thing_that_breaks() {
    let installation = Installation::embedded();
    let (mut up, _) = first_start(&installation).await;
    let well = installation.run(&["doctor"]);
    assert_eq!(well.code, Some(0), "{}", well.stdout);
    assert!(well.stdout.ends_with("all is well\n") && !well.stdout.contains("BROKEN"), "{}", well.stdout);
    assert_eq!(up.terminate().await, 0);

    let ill = installation.set("DOCKER_HOST", "unix:///nowhere/docker.sock").run(&["doctor"]);
    assert_eq!(ill.code, Some(1), "{}", ill.stdout);
    let broken: Vec<_> = ill.stdout.lines().filter(|line| line.starts_with("BROKEN")).collect();
    assert!(broken.len() == 1 && broken[0].contains("containers") && ill.stdout.contains("apt-get install docker.io"), "{}", ill.stdout);
    assert!(ill.stdout.ends_with("1 broken\n"), "and nothing else is: {}", ill.stdout);
}

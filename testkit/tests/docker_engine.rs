//! The Docker engine of the tests, and the private one beside it.

mod engines;

use engines::{Private, run};
use std::process::Command;

fn engine(host: Option<&str>) -> String {
    let mut docker = Command::new("docker");
    if let Some(host) = host {
        docker.args(["--host", host]);
    }
    run(docker.args(["info", "--format", "{{.DockerRootDir}} {{.OSType}}"]))
}

#[test]
fn docker_answers() {
    assert!(engine(None).contains("linux"));
}

#[test]
fn docker_runs_twice_side_by_side_and_survives_being_killed() {
    let private = Private::new();
    let host = private.run("docker-start", &[]);
    let before = engine(Some(&host));
    assert_ne!(before, engine(None), "an engine of its own");
    private.run("docker-stop", &["kill"]);
    assert_eq!(private.run("docker-start", &[]), host);
    assert_eq!(engine(Some(&host)), before, "the same data");
}

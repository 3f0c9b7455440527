//! The Docker engine of the tests, and the private one beside it.

use std::process::Command;
use testkit::engines::{Private, run};

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
    let host = private.start("docker");
    let before = engine(Some(&host));
    assert_ne!(before, engine(None), "an engine of its own");
    private.stop("docker", "kill");
    assert_eq!(private.start("docker"), host);
    assert_eq!(engine(Some(&host)), before, "the same data");
}

//! What `scripts/services` promises to every other test.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use testkit::engines::{Private, handed, run};

fn sql(url: &str, statement: &str) -> String {
    let psql = format!("{}/psql", handed("TEST_POSTGRES_BIN"));
    run(Command::new(psql).args([url, "--no-psqlrc", "--tuples-only", "--no-align", "--command", statement]))
}

fn redis(command: &str) -> String {
    let url = handed("TEST_REDIS_URL");
    let mut stream = TcpStream::connect(url.trim_start_matches("redis://")).expect("Redis listens");
    stream.write_all(format!("{command}\r\nQUIT\r\n").as_bytes()).expect("Redis reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("Redis answers, and closes after QUIT");
    answer
}

#[test]
fn postgresql_is_16_or_newer_durable_and_knows_vectors() {
    let url = handed("TEST_POSTGRES_URL");
    let version: u32 = sql(&url, "SHOW server_version_num").parse().expect("a number");
    assert!(version >= 160_000, "{version}");
    assert_eq!(sql(&url, "SHOW fsync"), "on");
    let vector = sql(&url, "SELECT default_version FROM pg_available_extensions WHERE name = 'vector'");
    assert!(vector.starts_with("0.8"), "pgvector {vector:?}");
}

#[test]
fn redis_is_7_and_keeps_a_log_of_writes() {
    assert!(redis("PING").starts_with("+PONG"));
    assert!(redis("INFO server").contains("redis_version:7."));
    assert!(redis("CONFIG GET appendonly").contains("yes"));
}

#[test]
fn a_killed_postgresql_comes_back_at_its_port_with_its_data() {
    let private = Private::new();
    let url = private.start("postgres");
    sql(&url, "CREATE TABLE kept AS SELECT 42 AS answer");
    private.stop("postgres", "kill");
    assert_eq!(private.start("postgres"), url);
    assert_eq!(sql(&url, "SELECT answer FROM kept"), "42");
}

#[test]
fn a_killed_redis_comes_back_at_its_port() {
    let private = Private::new();
    let url = private.start("redis");
    private.stop("redis", "kill");
    assert_eq!(private.start("redis"), url);
}

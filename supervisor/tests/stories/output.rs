//! The answer file, which may be a trap.

use supervisor::messages::OutputCode;

use crate::namespace::{Container, Told, shell};

fn run(script: &str, output_bytes_max: u64) -> Told {
    let mut header = shell(script);
    header.output_bytes_max = output_bytes_max;
    let told = Container::create().run(&header, b"{}");
    assert!(told.exit.is_some(), "{told:?}");
    told
}

fn refusal(script: &str) -> (OutputCode, String) {
    let told = run(script, 1000);
    assert_eq!(told.output, None);
    let refused = told.refused.unwrap();
    (refused.code, refused.message)
}

#[test]
fn an_answer_file_is_sent_whole() {
    let told = run("head -c 1000000 /dev/zero | tr '\\000' 7 >/output/output.json", 1_000_000);
    assert_eq!(told.output, Some(vec![b'7'; 1_000_000]));
    assert_eq!(run(": >/output/output.json", 10).output, Some(vec![]));
}

#[test]
fn without_an_answer_file_nothing_is_said_of_it() {
    let told = run("true", 10);
    assert_eq!((told.output, told.refused), (None, None));
}

#[test]
fn what_is_not_a_regular_file_is_refused() {
    let (code, message) = refusal("ln -s /etc/passwd /output/output.json");
    assert_eq!((code, &message[..]), (OutputCode::OutputNotRegular, "/output/output.json: it is a symbolic link, not a regular file"));
    assert_eq!(refusal("ln -s output.json /output/output.json").0, OutputCode::OutputNotRegular);
    assert_eq!(refusal("mkfifo /output/output.json").0, OutputCode::OutputNotRegular);
    assert_eq!(refusal("mkdir /output/output.json").0, OutputCode::OutputNotRegular);
    let socket = "perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => \"/output/output.json\", Listen => 1) or die'";
    assert_eq!(refusal(socket).0, OutputCode::OutputNotRegular);
}

#[test]
fn a_fifo_with_a_writer_is_refused_too() {
    assert_eq!(refusal("mkfifo /output/output.json; (sleep 1000 >/output/output.json &); true").0, OutputCode::OutputNotRegular);
}

#[test]
fn a_file_beyond_the_limit_is_refused_without_reading_it() {
    let (code, message) = refusal("head -c 1001 /dev/zero >/output/output.json");
    assert_eq!((code, &message[..]), (OutputCode::OutputTooLarge, "/output/output.json: it has 1001 bytes, 1000 are allowed"));
    assert_eq!(refusal("truncate -s 1T /output/output.json").0, OutputCode::OutputTooLarge);
}

#[test]
fn a_file_that_may_not_be_read_is_refused() {
    assert_eq!(refusal("echo 1 >/output/output.json; chmod 0 /output/output.json").0, OutputCode::OutputUnreadable);
}

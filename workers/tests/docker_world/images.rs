//! Images made on the spot: a static shell, and whatever configuration a story needs.

use std::fs;

use bollard::{Docker, body_full, query_parameters::CreateImageOptionsBuilder};
use futures::StreamExt;

const BUSYBOX: &str = "/bin/busybox";

pub async fn import(engine: &Docker, name: &str, changes: &[&str]) {
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    let options = CreateImageOptionsBuilder::default().from_src("-").repo(name).changes(changes).build();
    let mut progress = engine.create_image(Some(options), Some(body_full(root().into())), None);
    while let Some(step) = progress.next().await {
        step.expect("the engine imports an image");
    }
}

/// A root file system with a shell in it.
pub fn root() -> Vec<u8> {
    let busybox = fs::read(BUSYBOX).expect("busybox is missing: run ./test, which installs busybox-static");
    let mut archive = entry("bin/busybox", b'0', "", &busybox);
    for applet in [
        "sh", "cat", "sleep", "dd", "ln", "mkfifo", "mkdir", "head", "tail", "ls", "id", "env", "kill", "seq", "truncate", "yes", "touch",
        "mount", "tr", "cp", "chmod", "wc",
    ] {
        archive.extend(entry(&format!("bin/{applet}"), b'2', "busybox", b""));
    }
    archive.extend(entry("etc/group", b'0', "", b"root:x:0:\nkvm:x:107:nobody\n"));
    archive.resize(archive.len() + 1024, 0);
    archive
}

/// One entry of a POSIX ustar archive.
fn entry(name: &str, kind: u8, target: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; 512];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, b"0000755\x000000000\x000000000\0");
    put(124, format!("{:011o}\x0000000000000\0        ", content.len()).as_bytes());
    put(156, &[kind]);
    put(157, target.as_bytes());
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut entry = [&header[..], content].concat();
    entry.resize(entry.len().next_multiple_of(512), 0);
    entry
}

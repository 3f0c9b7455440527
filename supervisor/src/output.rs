//! The agent's answer file. Whatever it is, opening and reading it costs a bounded time and amount of memory.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;

use supervisor::frames::Kind;
use supervisor::messages::{OutputCode, Refusal};

use crate::link::Link;

const OUTPUT_FILE: &str = "/output/output.json";

/// Sends `OUTPUT` or `OUTPUT_REFUSED`, or nothing when there is no file. Every other process must be dead.
///
/// # Errors
/// When the worker is gone or the file ends before its size.
pub fn send(link: &mut Link, bytes_max: u64, scratch: &mut [u8]) -> io::Result<()> {
    match open(bytes_max) {
        Ok(None) => Ok(()),
        Ok(Some((mut file, bytes))) => link.send_from(Kind::Output, bytes, &mut file, scratch),
        Err(refusal) => link.send_json(Kind::OutputRefused, &refusal),
    }
}

/// When something may still be alive that could change the file.
pub fn refuse_unsettled(link: &mut Link) -> io::Result<()> {
    link.send_json(Kind::OutputRefused, &refusal(OutputCode::OutputUnreadable, "a process of the agent could not be killed"))
}

fn open(bytes_max: u64) -> Result<Option<(File, usize)>, Refusal<OutputCode>> {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC | libc::O_NOCTTY);
    let file = match options.open(OUTPUT_FILE) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unopened(&error)),
    };
    let metadata = file.metadata().map_err(|error| refusal(OutputCode::OutputUnreadable, error.to_string()))?;
    if !metadata.is_file() {
        return Err(not_regular(metadata.file_type()));
    }
    let size = metadata.len();
    match usize::try_from(size) {
        Ok(bytes) if size <= bytes_max => Ok(Some((file, bytes))),
        _ => Err(refusal(OutputCode::OutputTooLarge, format!("it has {size} bytes, {bytes_max} are allowed"))),
    }
}

fn unopened(error: &io::Error) -> Refusal<OutputCode> {
    match fs::symlink_metadata(OUTPUT_FILE) {
        Ok(metadata) if !metadata.is_file() => not_regular(metadata.file_type()),
        _ => refusal(OutputCode::OutputUnreadable, error.to_string()),
    }
}

fn not_regular(kind: fs::FileType) -> Refusal<OutputCode> {
    let kind = if kind.is_symlink() {
        "a symbolic link"
    } else if kind.is_dir() {
        "a directory"
    } else {
        "a FIFO, socket or device"
    };
    refusal(OutputCode::OutputNotRegular, format!("it is {kind}, not a regular file"))
}

fn refusal(code: OutputCode, why: impl AsRef<str>) -> Refusal<OutputCode> {
    Refusal { code, message: format!("{OUTPUT_FILE}: {}", why.as_ref()) }
}

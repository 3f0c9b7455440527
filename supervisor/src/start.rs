//! Receives `START`: the key, the header, and the input, which goes straight to its file.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

use supervisor::frames::{PAYLOAD_BYTES_MAX, RUN_KEY_BYTES, START};
use supervisor::messages::{FailedCode, Refusal, StartHeader};

use crate::link::Link;

const INPUT_FILE: &str = "/input/input.json";
const HEADER_BYTES_MAX: usize = 1 << 20;
const LOG_BYTES_MAX: u64 = 64 << 20;
/// An environment string, with its name and its end, has at most 131,072 bytes: `MAX_ARG_STRLEN`, execve(2).
const INPUT_VARIABLE_BYTES_MAX: usize = 131_000;

/// Why there is no running agent.
pub enum Trouble {
    /// The worker is gone, or the supervisor itself cannot go on.
    Io(io::Error),
    Failed(Refusal<FailedCode>),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

pub fn failed(code: FailedCode, message: impl Into<String>) -> Trouble {
    Trouble::Failed(Refusal { code, message: message.into() })
}

fn bad_start(message: impl Into<String>) -> Trouble {
    failed(FailedCode::BadStart, message)
}

pub struct Start {
    pub header: StartHeader,
    /// The input, when it can be an environment variable.
    pub variable: Option<Vec<u8>>,
}

/// Waits for `START`. The end of stdin before its end is an `UnexpectedEof`.
pub fn receive(link: &mut Link, scratch: &mut [u8]) -> Result<Start, Trouble> {
    let [l0, l1, l2, l3, kind] = read_array(&link.stdin)?;
    let mut left = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
    take(&mut left, 1 + RUN_KEY_BYTES + 4)?;
    if kind != START {
        return Err(bad_start(format!("expected START, got a frame of kind {kind:#04x}")));
    }
    link.key(&read_array(&link.stdin)?);
    let header_bytes = u32::from_be_bytes(read_array(&link.stdin)?) as usize;
    take(&mut left, header_bytes)?;
    let header = read_header(&link.stdin, header_bytes)?;
    if left as u64 > header.input_bytes_max {
        let message = format!("the input has {left} bytes, {} are allowed", header.input_bytes_max);
        return Err(failed(FailedCode::InputTooLarge, message));
    }
    open_own_directories();
    let variable = receive_input(&link.stdin, left, scratch)?;
    Ok(Start { header, variable })
}

fn take(left: &mut usize, bytes: usize) -> Result<(), Trouble> {
    *left = left.checked_sub(bytes).ok_or_else(|| bad_start("the frame is too short for what it announces"))?;
    Ok(())
}

fn read_array<const N: usize>(mut stdin: &File) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stdin.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn read_header(mut stdin: &File, bytes: usize) -> Result<StartHeader, Trouble> {
    if bytes > HEADER_BYTES_MAX {
        return Err(bad_start(format!("the header has {bytes} bytes, {HEADER_BYTES_MAX} are allowed")));
    }
    let mut json = vec![0; bytes];
    stdin.read_exact(&mut json)?;
    let header: StartHeader = serde_json::from_slice(&json).map_err(|error| bad_start(format!("the header: {error}")))?;
    let problem = if header.argv.first().is_none_or(String::is_empty) {
        "argv names no program"
    } else if header.argv.iter().any(|argument| argument.contains('\0')) {
        "an argument contains NUL"
    } else if !header.cwd.starts_with('/') {
        "cwd is not an absolute path"
    } else if header.output_bytes_max > PAYLOAD_BYTES_MAX as u64 {
        "output_bytes_max is more than a frame holds (1 MiB)"
    } else if header.log_bytes_max > LOG_BYTES_MAX {
        "log_bytes_max is more than 64 MiB"
    } else {
        return Ok(header);
    };
    Err(bad_start(problem))
}

/// A tmpfs takes the mode of the directory that the image has in its place, whatever the engine asked for. Where the engine
/// has made this uid its owner, that is mended; where not, it has to be right already.
fn open_own_directories() {
    for directory in ["/input", "/output"] {
        let _ = fs::set_permissions(directory, Permissions::from_mode(0o700));
    }
}

/// Moves the input from stdin to its file; keeps it as well when it can be an environment variable.
fn receive_input(mut stdin: &File, bytes: usize, scratch: &mut [u8]) -> Result<Option<Vec<u8>>, Trouble> {
    let unwritable = |error: io::Error| failed(FailedCode::Internal, format!("writing {INPUT_FILE}: {error}"));
    let mut options = OpenOptions::new();
    // create_new: nothing that the image left there is followed or opened.
    let mut file = options.write(true).create_new(true).mode(0o444).open(INPUT_FILE).map_err(unwritable)?;
    if bytes <= INPUT_VARIABLE_BYTES_MAX {
        let mut input = vec![0; bytes];
        stdin.read_exact(&mut input)?;
        file.write_all(&input).map_err(unwritable)?;
        return Ok(Some(input).filter(|input| !input.contains(&0)));
    }
    let mut left = bytes;
    while left > 0 {
        let piece = left.min(scratch.len());
        stdin.read_exact(&mut scratch[..piece])?;
        file.write_all(&scratch[..piece]).map_err(unwritable)?;
        left -= piece;
    }
    Ok(None)
}

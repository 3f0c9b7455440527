//! Answers that are traps for whoever reads them. Whether they are contained is for the reader to say.

use std::fs::{self, File};
use std::io::{self, Write};

use crate::raw;
use crate::verdict::Verdict;

const OUTPUT_FILE: &str = "/output/output.json";
const FLOOD_BYTES: u64 = 1_000_000_000;
const SPARSE_BYTES: u64 = 1 << 40;

/// A gigabyte of lines. Whoever lives to tell was not contained.
pub fn log_flood() -> Verdict {
    let block = "flood flood flood flood flood flood flood flood flood flood fl\n".repeat(1024);
    let mut written = 0;
    while written < FLOOD_BYTES {
        match io::stdout().write_all(block.as_bytes()) {
            Ok(()) => written += block.len() as u64,
            Err(error) => return Verdict::contained(format!("after {written} bytes: {error}")),
        }
    }
    Verdict::escaped(format!("wrote {written} bytes"))
}

pub fn output_symlink() -> Verdict {
    left("a symbolic link to /etc/passwd", std::os::unix::fs::symlink("/etc/passwd", OUTPUT_FILE))
}

pub fn output_fifo() -> Verdict {
    let path = raw::path(OUTPUT_FILE);
    let fifo = (libc::S_IFIFO | 0o666) as usize;
    let result = raw::call(libc::SYS_mknodat, [raw::word(libc::AT_FDCWD), raw::address(path.as_bytes_with_nul()), fifo, 0]);
    left("a FIFO", result.map(drop))
}

pub fn output_dir() -> Verdict {
    left("a directory", fs::create_dir(OUTPUT_FILE))
}

pub fn output_sparse() -> Verdict {
    left("a sparse file of 1 TiB", File::create(OUTPUT_FILE).and_then(|file| file.set_len(SPARSE_BYTES)))
}

fn left(trap: &str, result: io::Result<()>) -> Verdict {
    match result {
        Ok(()) => Verdict::contained(format!("left {trap}; whoever reads it must refuse it")),
        Err(error) => Verdict::contained(format!("could not leave {trap}: {error}")),
    }
}

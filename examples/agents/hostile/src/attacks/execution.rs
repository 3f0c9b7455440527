//! Running programs that the image did not bring.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::raw;
use crate::verdict::Verdict;

/// A copy of this program that is run with this argument ends with this code.
pub const EXECUTED_ARGUMENT: &str = "executed";
pub const EXECUTED_CODE: u8 = 42;

/// Copies this program to every place that can be written and runs it there.
pub fn exec_tmp() -> Verdict {
    let places = ["/tmp", "/output", "/input", "/dev/shm", "/var/tmp", "/run", "/"];
    Verdict::of_tries(places.map(|place| {
        let copy = format!("{}/copy", place.trim_end_matches('/'));
        let deed = fs::copy("/proc/self/exe", &copy)
            .and_then(|_| fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)))
            .and_then(|()| execute(&copy));
        let _ = fs::remove_file(&copy);
        (copy, deed)
    }))
}

/// Writes this program into anonymous memory and runs it from there.
pub fn memfd_exec() -> Verdict {
    let tries = [("sealed name", 0), ("with MFD_EXEC", libc::MFD_EXEC)].map(|(name, flags)| (name, run_from_memory(flags)));
    Verdict::of_tries(tries)
}

fn run_from_memory(flags: u32) -> io::Result<()> {
    let fd = raw::call(libc::SYS_memfd_create, [raw::address(c"memory".to_bytes_with_nul()), flags as usize])?;
    let fd = i32::try_from(fd).map_err(io::Error::other)?;
    #[expect(unsafe_code, reason = "the kernel has just made the descriptor")]
    let mut file = File::from(unsafe { OwnedFd::from_raw_fd(fd) });
    file.write_all(&fs::read("/proc/self/exe")?)?;
    execute(&format!("/proc/self/fd/{}", file.as_raw_fd()))
}

fn execute(program: &str) -> io::Result<()> {
    let status = Command::new(program).arg(EXECUTED_ARGUMENT).status()?;
    if status.code() == Some(i32::from(EXECUTED_CODE)) { Ok(()) } else { Err(io::Error::other(format!("it ended with {status}"))) }
}

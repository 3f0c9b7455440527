//! System calls with nothing in between: an attacker does not ask the standard library.

#![expect(unsafe_code, reason = "raw system calls are what attacks are made of")]

use std::ffi::{CString, c_int, c_long};
use std::io;

/// One system call.
pub fn call<const N: usize>(number: c_long, arguments: [usize; N]) -> io::Result<usize> {
    let mut all = [0; 6];
    all[..N].copy_from_slice(&arguments);
    // SAFETY: the callers pass integers, and pointers to memory that lives until the call returns.
    let result = unsafe { libc::syscall(number, all[0], all[1], all[2], all[3], all[4], all[5]) };
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// A number as a register holds it.
#[expect(clippy::cast_sign_loss, reason = "two's complement is what the kernel reads")]
pub fn word(number: impl Into<i128>) -> usize {
    number.into() as usize
}

/// A path as the kernel wants it.
pub fn path(text: &str) -> CString {
    CString::new(text).unwrap_or_default()
}

pub fn address<T: ?Sized>(value: &T) -> usize {
    std::ptr::from_ref(value).cast::<u8>() as usize
}

pub enum Forked {
    Child,
    Parent(c_int),
}

pub fn fork() -> io::Result<Forked> {
    // SAFETY: this program has one thread.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Forked::Child),
        pid => Ok(Forked::Parent(pid)),
    }
}

pub fn end(code: c_int) -> ! {
    // SAFETY: _exit(2) ends the process.
    unsafe { libc::_exit(code) }
}

pub fn sleep_forever() -> ! {
    loop {
        // SAFETY: pause(2) has no arguments.
        unsafe { libc::pause() };
    }
}

pub fn ignore(signal: c_int) {
    // SAFETY: no handler of ours is installed.
    unsafe { libc::signal(signal, libc::SIG_IGN) };
}

/// How a child ended, as wait(2) tells it.
pub fn wait(pid: c_int) -> io::Result<c_int> {
    let mut status = 0;
    // SAFETY: the status is ours.
    match unsafe { libc::waitpid(pid, &raw mut status, libc::__WALL) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(status),
    }
}

/// Does something in a child and tells how the child ended.
pub fn in_child(deed: impl FnOnce() -> c_int) -> io::Result<c_int> {
    match fork()? {
        Forked::Child => end(deed()),
        Forked::Parent(pid) => wait(pid),
    }
}

/// `getpid` through the 32-bit entry of an x86-64 kernel, which a filter for 64-bit calls may not cover.
#[cfg(target_arch = "x86_64")]
pub fn getpid_32_bit() -> i32 {
    let result: i32;
    // SAFETY: int 0x80 with number 20 takes no arguments; the kernel clears r8 to r11.
    unsafe {
        std::arch::asm!("int 0x80", inlateout("eax") 20 => result, out("r8") _, out("r9") _, out("r10") _, out("r11") _);
    }
    result
}

#[cfg(not(target_arch = "x86_64"))]
pub fn getpid_32_bit() -> i32 {
    -libc::ENOSYS
}

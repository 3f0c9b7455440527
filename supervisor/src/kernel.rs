//! The system calls that the standard library does not have, and all the `unsafe` that they need.

use std::ffi::{CStr, c_char};
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, FromRawFd};
use std::time::Duration;

use libc::c_int;

fn checked(result: c_int) -> io::Result<c_int> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// `/proc/<pid>/{fd,mem,environ,..}` and `ptrace` of this process are from now on for `CAP_SYS_PTRACE` only.
pub fn set_undumpable() -> io::Result<()> {
    set_dumpable(false)
}

pub fn set_dumpable(dumpable: bool) -> io::Result<()> {
    #[expect(unsafe_code, reason = "prctl(2) takes and gives integers only")]
    checked(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, libc::c_ulong::from(dumpable), 0, 0, 0) }).map(drop)
}

pub fn is_dumpable() -> bool {
    #[expect(unsafe_code, reason = "prctl(2) takes and gives integers only")]
    let dumpable = unsafe { libc::prctl(libc::PR_GET_DUMPABLE, 0, 0, 0, 0) };
    dumpable != 0
}

/// Only for `PidOne`.
pub fn kill_all() -> io::Result<()> {
    #[expect(unsafe_code, reason = "kill(2) takes and gives integers only")]
    checked(unsafe { libc::kill(-1, libc::SIGKILL) }).map(drop)
}

pub fn set_nonblocking(fd: &impl AsFd) -> io::Result<()> {
    #[expect(unsafe_code, reason = "fcntl(2) with a borrowed, thus open descriptor and integers")]
    let flags = checked(unsafe { libc::fcntl(fd.as_fd().as_raw_fd(), libc::F_GETFL) })?;
    #[expect(unsafe_code, reason = "as above")]
    checked(unsafe { libc::fcntl(fd.as_fd().as_raw_fd(), libc::F_SETFL, flags | libc::O_NONBLOCK) }).map(drop)
}

/// The hard limit of a resource, `None` when there is none.
pub fn hard_limit(resource: libc::__rlimit_resource_t) -> io::Result<Option<u64>> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    #[expect(unsafe_code, reason = "getrlimit(2) fills the struct that it is given")]
    checked(unsafe { libc::getrlimit(resource, &raw mut limit) })?;
    Ok((limit.rlim_max != libc::RLIM_INFINITY).then_some(limit.rlim_max))
}

/// What one call of [`reap_any`] found.
pub enum Reaped {
    Child { pid: u32, status: c_int, cpu: Duration, rss_bytes: u64 },
    AllAlive,
    NoChild,
}

/// Collects one dead child, without waiting.
pub fn reap_any() -> io::Result<Reaped> {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    #[expect(unsafe_code, reason = "wait4(2) fills the status and the struct that it is given")]
    let pid = unsafe { libc::wait4(-1, &raw mut status, libc::WNOHANG | libc::__WALL, usage.as_mut_ptr()) };
    match checked(pid) {
        Ok(0) => Ok(Reaped::AllAlive),
        Ok(pid) => {
            #[expect(unsafe_code, reason = "a struct of integers: zeroed before, filled by wait4(2)")]
            let usage = unsafe { usage.assume_init() };
            let rss_bytes = u64::try_from(usage.ru_maxrss).unwrap_or(0) * 1024;
            Ok(Reaped::Child { pid: pid.unsigned_abs(), status, cpu: cpu_of(&usage), rss_bytes })
        }
        Err(error) if error.raw_os_error() == Some(libc::ECHILD) => Ok(Reaped::NoChild),
        Err(error) => Err(error),
    }
}

/// The processor time of this process itself.
pub fn own_cpu() -> Duration {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    #[expect(unsafe_code, reason = "getrusage(2) fills the struct that it is given")]
    unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        cpu_of(usage.assume_init_ref())
    }
}

fn cpu_of(usage: &libc::rusage) -> Duration {
    [usage.ru_utime, usage.ru_stime]
        .map(|time| {
            let micros = u64::try_from(time.tv_usec).unwrap_or(0);
            Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or(0)) + Duration::from_micros(micros)
        })
        .into_iter()
        .sum()
}

/// A descriptor that becomes readable when a child has died.
pub fn child_signals() -> io::Result<File> {
    let mut set = MaybeUninit::<libc::sigset_t>::zeroed();
    #[expect(unsafe_code, reason = "the set is initialised by sigemptyset(3); the new descriptor has no other owner")]
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGCHLD);
        checked(libc::sigprocmask(libc::SIG_BLOCK, set.as_ptr(), std::ptr::null_mut()))?;
        let fd = checked(libc::signalfd(-1, set.as_ptr(), libc::SFD_CLOEXEC | libc::SFD_NONBLOCK))?;
        Ok(File::from_raw_fd(fd))
    }
}

/// Ignores one signal, or gives it its default action back; does nothing where the kernel does not allow that.
/// (The C library's own functions refuse the two signals that it keeps for itself.)
pub fn ignore_signal(signal: c_int, ignore: bool) {
    const MASK_BYTES: usize = 8;
    // The kernel's sigaction: handler, flags, restorer, mask.
    let action = [if ignore { libc::SIG_IGN } else { libc::SIG_DFL }, 0, 0, 0];
    #[expect(unsafe_code, reason = "one of the two constants, so no code of ours is installed; the array outlives the call")]
    unsafe {
        libc::syscall(libc::SYS_rt_sigaction, signal, action.as_ptr(), std::ptr::null::<usize>(), MASK_BYTES);
    }
}

/// What to wait for, and afterwards what came.
#[repr(transparent)]
pub struct Watch(libc::pollfd);

impl Watch {
    /// Waits for nothing.
    pub const NONE: Self = Self(libc::pollfd { fd: -1, events: 0, revents: 0 });

    pub fn readable(fd: &impl AsFd) -> Self {
        Self(libc::pollfd { fd: fd.as_fd().as_raw_fd(), events: libc::POLLIN, revents: 0 })
    }

    pub fn writable(fd: &impl AsFd) -> Self {
        Self(libc::pollfd { fd: fd.as_fd().as_raw_fd(), events: libc::POLLOUT, revents: 0 })
    }

    pub fn came(&self) -> bool {
        self.0.revents != 0
    }
}

/// Waits until one of the watched things happens or the time is over.
pub fn poll(watches: &mut [Watch], at_most: Option<Duration>) -> io::Result<()> {
    let timeout = at_most
        .map(|time| libc::timespec { tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX), tv_nsec: i64::from(time.subsec_nanos()) });
    let timeout = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let count = watches.len() as libc::nfds_t;
    #[expect(unsafe_code, reason = "Watch is a transparent pollfd; pointer, count and timeout are those of live values")]
    let result = unsafe { libc::ppoll(watches.as_mut_ptr().cast(), count, timeout, std::ptr::null()) };
    match checked(result) {
        Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
        _ => Ok(()),
    }
}

/// Away from the supervisor's process group and terminal.
pub fn new_session() {
    #[expect(unsafe_code, reason = "setsid(2) has no arguments")]
    unsafe {
        libc::setsid();
    }
}

/// No descriptor but the standard streams survives the coming execve.
pub fn close_inherited() {
    #[expect(unsafe_code, reason = "close_range(2) with CLOEXEC closes nothing in this program")]
    unsafe {
        libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC);
    }
}

/// Puts this process and all that it becomes or starts under a filter of system calls, and gives up new privileges, as it must.
pub fn filter_calls(filter: &[libc::sock_filter]) -> io::Result<()> {
    let program = libc::sock_fprog { len: u16::try_from(filter.len()).map_err(io::Error::other)?, filter: filter.as_ptr().cast_mut() };
    #[expect(unsafe_code, reason = "prctl(2) copies the program, which lives until it returns, and only reads it")]
    unsafe {
        checked(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))?;
        checked(libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program)).map(drop)
    }
}

/// execve(2); returns only when that fails.
pub fn execute(program: &CStr, arguments: &[*const c_char], environment: &[*const c_char]) -> io::Error {
    debug_assert!([arguments, environment].iter().all(|list| list.last().is_some_and(|end| end.is_null())));
    #[expect(unsafe_code, reason = "both lists end with null and point to C strings that the caller keeps")]
    unsafe {
        libc::execve(program.as_ptr(), arguments.as_ptr(), environment.as_ptr());
    }
    io::Error::last_os_error()
}

//! What undumpability does not cover: a process of the same uid may change the resource limits and the scheduling of
//! another. With one descriptor as limit the supervisor could not even wait. So the agent starts under a small filter,
//! seccomp(2), that refuses just this for PID 1, and answers every system call of another architecture (whose numbers
//! mean something else) with "no such call". The engine's own filter, if any, applies as well.

use std::io;

use libc::{BPF_ABS, BPF_ALU, BPF_AND, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, sock_filter};

use crate::kernel;

/// Their first argument is the process that they change.
const REFUSED_FOR_PID_1: [libc::c_long; 5] =
    [libc::SYS_prlimit64, libc::SYS_sched_setaffinity, libc::SYS_sched_setscheduler, libc::SYS_sched_setparam, libc::SYS_sched_setattr];

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xc000_00b7;

/// x86-64 has a second set of the same numbers with this bit (x32).
const WITHOUT_X32: u32 = !0x4000_0000;

/// Offsets in `struct seccomp_data`; of the argument, the low half on a little-endian machine.
const NUMBER: u32 = 0;
const ARCHITECTURE_OF_CALL: u32 = 4;
const FIRST_ARGUMENT: u32 = 16;

/// To be called in the child, before it executes the agent. The filter cannot be taken off again.
pub fn raise() -> io::Result<()> {
    kernel::filter_calls(&filter())
}

fn filter() -> Vec<sock_filter> {
    let refused = REFUSED_FOR_PID_1.len();
    let mut filter = vec![
        load(ARCHITECTURE_OF_CALL),
        unless_equal(ARCHITECTURE, refused + 7),
        load(NUMBER),
        statement(BPF_ALU | BPF_AND | BPF_K, WITHOUT_X32),
    ];
    for (place, number) in REFUSED_FOR_PID_1.iter().enumerate() {
        filter.push(if_equal(u32::try_from(*number).unwrap_or(u32::MAX), refused - place));
    }
    filter.extend([
        answer(libc::SECCOMP_RET_ALLOW),
        load(FIRST_ARGUMENT),
        unless_equal(1, 1),
        answer(libc::SECCOMP_RET_ERRNO | libc::EPERM.unsigned_abs()),
        answer(libc::SECCOMP_RET_ALLOW),
    ]);
    // Where the check of the architecture jumps to.
    filter.push(answer(libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs()));
    filter
}

fn load(offset: u32) -> sock_filter {
    statement(BPF_LD | BPF_W | BPF_ABS, offset)
}

fn answer(action: u32) -> sock_filter {
    statement(BPF_RET | BPF_K, action)
}

fn if_equal(value: u32, jump: usize) -> sock_filter {
    sock_filter { jt: u8::try_from(jump).unwrap_or(u8::MAX), ..statement(BPF_JMP | BPF_JEQ | BPF_K, value) }
}

fn unless_equal(value: u32, jump: usize) -> sock_filter {
    sock_filter { jf: u8::try_from(jump).unwrap_or(u8::MAX), ..statement(BPF_JMP | BPF_JEQ | BPF_K, value) }
}

fn statement(code: u32, value: u32) -> sock_filter {
    sock_filter { code: u16::try_from(code).unwrap_or(u16::MAX), jt: 0, jf: 0, k: value }
}

#[cfg(test)]
mod tests {
    use super::{ARCHITECTURE, REFUSED_FOR_PID_1, filter};

    /// Just enough of the machine that runs such filters.
    fn run(architecture: u32, number: u32, first_argument: u32) -> u32 {
        let filter = filter();
        let read = |offset| [(0, number), (4, architecture), (16, first_argument)].iter().find(|(at, _)| *at == offset).unwrap().1;
        let (mut register, mut place) = (0, 0);
        loop {
            let step = &filter[place];
            place += 1;
            match step.code {
                0x20 => register = read(step.k),
                0x54 => register &= step.k,
                0x15 => place += usize::from(if register == step.k { step.jt } else { step.jf }),
                0x06 => return step.k,
                code => panic!("{code:#x}"),
            }
        }
    }

    #[test]
    fn only_changes_to_pid_1_and_foreign_calls_are_refused() {
        let eperm = 0x0005_0001;
        let enosys = 0x0005_0026;
        let allowed = 0x7fff_0000;
        for number in REFUSED_FOR_PID_1 {
            let number = u32::try_from(number).unwrap();
            assert_eq!(run(ARCHITECTURE, number, 1), eperm);
            assert_eq!(run(ARCHITECTURE, number | 0x4000_0000, 1), eperm);
            assert_eq!(run(ARCHITECTURE, number, 0), allowed);
            assert_eq!(run(ARCHITECTURE, number, 2), allowed);
        }
        assert_eq!(run(ARCHITECTURE, 1, 1), allowed);
        assert_eq!(run(0x4000_0003, 20, 0), enosys);
    }
}

//! Parts of the kernel that have often been a way out.

use crate::raw;
use crate::verdict::Verdict;

pub fn io_uring() -> Verdict {
    let parameters = [0_u8; 120];
    let setup = raw::call(libc::SYS_io_uring_setup, [4, raw::address(&parameters)]);
    Verdict::of_tries([("io_uring_setup", setup)])
}

pub fn userfaultfd() -> Verdict {
    const USER_MODE_ONLY: usize = 1;
    Verdict::of_tries([
        ("userfaultfd", raw::call(libc::SYS_userfaultfd, [0])),
        ("userfaultfd in user mode", raw::call(libc::SYS_userfaultfd, [USER_MODE_ONLY])),
    ])
}

pub fn keyctl() -> Verdict {
    const GET_KEYRING_ID: usize = 0;
    let session = raw::word(-3);
    let (kind, name) = (raw::path("user"), raw::path("intruder"));
    let key = [raw::address(kind.as_bytes_with_nul()), raw::address(name.as_bytes_with_nul()), raw::address(b"x"), 1, session];
    Verdict::of_tries([
        ("keyctl", raw::call(libc::SYS_keyctl, [GET_KEYRING_ID, session, 0])),
        ("add_key", raw::call(libc::SYS_add_key, key)),
        ("request_key", raw::call(libc::SYS_request_key, [key[0], key[1], 0, session])),
    ])
}

pub fn vsock() -> Verdict {
    let stream = raw::call(libc::SYS_socket, [libc::AF_VSOCK as usize, libc::SOCK_STREAM as usize, 0]);
    let datagram = raw::call(libc::SYS_socket, [libc::AF_VSOCK as usize, libc::SOCK_DGRAM as usize, 0]);
    Verdict::of_tries([("stream", stream), ("datagram", datagram)])
}

pub fn entry_32_bit() -> Verdict {
    match raw::in_child(|| i32::from(raw::getpid_32_bit() > 0)) {
        Ok(status) if libc::WIFSIGNALED(status) => Verdict::contained(format!("signal {}", libc::WTERMSIG(status))),
        Ok(status) if libc::WEXITSTATUS(status) == 0 => Verdict::contained("refused"),
        Ok(_) => Verdict::escaped("getpid answered through int 0x80"),
        Err(error) => Verdict::contained(format!("no child to try it: {error}")),
    }
}

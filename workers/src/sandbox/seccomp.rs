//! Our seccomp profile: an allow list, stricter than the engines' own.
//!
//! What it closes besides what needs a capability anyway: `io_uring`, `AF_VSOCK` and every other socket family but four, executable `memfd`s,
//! `userfaultfd`, keyrings, tracing, other namespaces, System V and POSIX IPC, performance counters, BPF, 32-bit and x32 entry points.

use serde_json::{Value, json};

use super::seccomp_calls::ALLOWED;

const EPERM: u32 = 1;
const ENOSYS: u32 = 38;
const EAFNOSUPPORT: u32 = 97;

const AF_UNIX: u64 = 1;
const AF_INET: u64 = 2;
const AF_INET6: u64 = 10;
const AF_NETLINK: u64 = 16;
const NETLINK_ROUTE: u64 = 0;
/// `CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}`
const NAMESPACES: u64 = 0x7e02_0000;
const MFD_NOEXEC_SEAL: u64 = 8;
const TIOCSTI: u64 = 0x5412;
const TIOCLINUX: u64 = 0x541c;
/// `PER_LINUX`, and the question which one is set.
const PERSONALITIES: [u64; 2] = [0, 0xffff_ffff];

/// Calls whose absence programs expect and work around: they get `ENOSYS`, so that the C library takes its other way.
const ABSENT: [&str; 7] =
    ["clone3", "io_uring_enter", "io_uring_register", "io_uring_setup", "memfd_create", "memfd_secret", "userfaultfd"];

/// The profile in the engines' JSON, for an engine on `architecture` (`x86_64`, `aarch64`).
#[must_use]
pub fn profile(architecture: &str) -> Value {
    let native = match architecture {
        "aarch64" | "arm64" => "SCMP_ARCH_AARCH64",
        _ => "SCMP_ARCH_X86_64",
    };
    let mut rules = vec![
        allow(&ALLOWED, &[]),
        allow(&["socket", "socketpair"], &[equal(0, AF_UNIX)]),
        allow(&["socket"], &[equal(0, AF_INET)]),
        allow(&["socket"], &[equal(0, AF_INET6)]),
        allow(&["socket"], &[equal(0, AF_NETLINK), equal(2, NETLINK_ROUTE)]),
        allow(&["clone"], &[masked(0, NAMESPACES, 0)]),
        allow(&["memfd_create"], &[masked(1, MFD_NOEXEC_SEAL, MFD_NOEXEC_SEAL)]),
        allow(&["ioctl"], &[differs(1, TIOCSTI), differs(1, TIOCLINUX)]),
    ];
    rules.extend(PERSONALITIES.map(|persona| allow(&["personality"], &[equal(0, persona)])));
    rules.extend(ABSENT.into_iter().filter(|name| *name != "memfd_create").map(|name| refuse(&[name], ENOSYS, &[])));
    rules.push(refuse(&["memfd_create"], ENOSYS, &[masked(1, MFD_NOEXEC_SEAL, 0)]));
    // A family that is not there, rather than one that is forbidden: resolvers then try the next.
    for (low, high) in [(0, 0), (3, 9), (11, 15), (17, 63)] {
        rules.extend((low..=high).map(|family| refuse(&["socket"], EAFNOSUPPORT, &[equal(0, family)])));
    }
    json!({ "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": EPERM, "architectures": [native], "syscalls": rules })
}

fn allow(names: &[&str], args: &[Value]) -> Value {
    json!({ "names": names, "action": "SCMP_ACT_ALLOW", "args": args })
}

fn refuse(names: &[&str], errno: u32, args: &[Value]) -> Value {
    json!({ "names": names, "action": "SCMP_ACT_ERRNO", "errnoRet": errno, "args": args })
}

fn equal(index: u32, value: u64) -> Value {
    json!({ "index": index, "value": value, "op": "SCMP_CMP_EQ" })
}

fn differs(index: u32, value: u64) -> Value {
    json!({ "index": index, "value": value, "op": "SCMP_CMP_NE" })
}

fn masked(index: u32, mask: u64, value: u64) -> Value {
    json!({ "index": index, "value": mask, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ" })
}

#[cfg(test)]
mod tests {
    use super::{ABSENT, ALLOWED, profile};

    const NEVER: [&str; 28] = [
        "add_key",
        "bpf",
        "fanotify_init",
        "fsopen",
        "io_uring_setup",
        "kexec_load",
        "keyctl",
        "mount",
        "mq_open",
        "msgget",
        "name_to_handle_at",
        "open_by_handle_at",
        "open_tree",
        "perf_event_open",
        "pidfd_getfd",
        "pivot_root",
        "process_vm_readv",
        "process_vm_writev",
        "ptrace",
        "request_key",
        "seccomp",
        "semget",
        "setns",
        "shmget",
        "umount2",
        "unshare",
        "userfaultfd",
        "vmsplice",
    ];

    #[test]
    fn nothing_dangerous_is_on_the_list() {
        for name in NEVER.iter().chain(&ABSENT) {
            assert!(!ALLOWED.contains(name), "{name} must not be allowed without a condition");
        }
        for conditional in ["clone", "ioctl", "personality", "socket", "memfd_create"] {
            assert!(!ALLOWED.contains(&conditional), "{conditional} is allowed under a condition only");
        }
    }

    #[test]
    fn the_list_is_sorted_and_has_no_name_twice() {
        assert!(ALLOWED.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", ALLOWED.windows(2).find(|pair| pair[0] >= pair[1]));
    }

    #[test]
    fn only_the_native_entry_point_is_open() {
        assert_eq!(profile("x86_64")["architectures"], serde_json::json!(["SCMP_ARCH_X86_64"]));
        assert_eq!(profile("aarch64")["architectures"], serde_json::json!(["SCMP_ARCH_AARCH64"]));
    }
}

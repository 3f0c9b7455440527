//! Becoming somebody else.

use std::fs::OpenOptions;

use crate::raw;
use crate::verdict::Verdict;

pub fn setuid() -> Verdict {
    let groups = [0_u32];
    Verdict::of_tries([
        ("setuid", raw::call(libc::SYS_setuid, [0])),
        ("setgid", raw::call(libc::SYS_setgid, [0])),
        ("setresuid", raw::call(libc::SYS_setresuid, [0, 0, 0])),
        ("setresgid", raw::call(libc::SYS_setresgid, [0, 0, 0])),
        ("setgroups", raw::call(libc::SYS_setgroups, [1, raw::address(&groups)])),
        ("chroot", raw::call(libc::SYS_chroot, [raw::address(c"/".to_bytes_with_nul())])),
        ("being root", root()),
    ])
}

fn root() -> std::io::Result<usize> {
    match raw::call(libc::SYS_geteuid, [])? {
        0 => Ok(0),
        uid => Err(std::io::Error::other(format!("it is {uid}"))),
    }
}

pub fn mount() -> Verdict {
    let [tmpfs, tmp, proc] = ["tmpfs", "/tmp", "proc"].map(raw::path);
    let at = |path: &std::ffi::CString| raw::address(path.as_bytes_with_nul());
    let remount = raw::word(libc::MS_REMOUNT | libc::MS_BIND);
    let root = raw::path("/");
    Verdict::of_tries([
        ("tmpfs", raw::call(libc::SYS_mount, [at(&tmpfs), at(&tmp), at(&tmpfs), 0, 0])),
        ("proc", raw::call(libc::SYS_mount, [at(&proc), at(&tmp), at(&proc), 0, 0])),
        ("remounting the root", raw::call(libc::SYS_mount, [0, at(&root), 0, remount, 0])),
        ("fsopen", raw::call(libc::SYS_fsopen, [at(&tmpfs), 0])),
        ("open_tree", raw::call(libc::SYS_open_tree, [raw::word(libc::AT_FDCWD), at(&root), 1])),
        ("umount", raw::call(libc::SYS_umount2, [at(&tmp), libc::MNT_DETACH as usize])),
    ])
}

pub fn unshare_userns() -> Verdict {
    let kinds = [
        ("user", libc::CLONE_NEWUSER),
        ("mount", libc::CLONE_NEWNS),
        ("pid", libc::CLONE_NEWPID),
        ("network", libc::CLONE_NEWNET),
        ("user and network", libc::CLONE_NEWUSER | libc::CLONE_NEWNET),
    ];
    Verdict::of_tries(kinds.map(|(name, flags)| (name, raw::call(libc::SYS_unshare, [raw::word(flags)]))))
}

pub fn device_nodes() -> Verdict {
    let nodes = [("/tmp/mem", libc::S_IFCHR, 1, 1), ("/tmp/disk", libc::S_IFBLK, 8, 0), ("/output/disk", libc::S_IFBLK, 254, 0)];
    let made = nodes.map(|(path, kind, major, minor)| {
        let node = raw::path(path);
        let device = usize::try_from(libc::makedev(major, minor)).unwrap_or_default();
        let arguments = [raw::word(libc::AT_FDCWD), raw::address(node.as_bytes_with_nul()), (kind | 0o666) as usize, device];
        (format!("mknod {path}"), raw::call(libc::SYS_mknodat, arguments).map(drop))
    });
    let devices = ["/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda", "/dev/kvm", "/dev/fuse", "/dev/net/tun", "/dev/vsock", "/tmp/mem"];
    let opened = devices.map(|path| (format!("opening {path}"), OpenOptions::new().read(true).open(path).map(drop)));
    Verdict::of_tries(made.into_iter().chain(opened))
}

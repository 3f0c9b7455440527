//! What the supervisor sees of its own cage before the agent starts: the content of `HELLO`.

mod cgroup;
mod mounts;
mod status;

use std::fs::read_to_string;

use supervisor::messages::Hello;

pub use cgroup::Cgroup;

use crate::kernel;

const PROTOCOL: u32 = 1;

/// Everything that can be seen, and the cgroup, which the meter reads again later.
pub fn look() -> (Hello, Cgroup) {
    let mountinfo = read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let cgroup = Cgroup::find(&mountinfo, &read_to_string("/proc/self/cgroup").unwrap_or_default());
    let mounts = mounts::parse(&mountinfo);
    let hello = Hello {
        protocol: PROTOCOL,
        status: status::parse(&read_to_string("/proc/self/status").unwrap_or_default()),
        root_read_only: mounts::root_read_only(&mounts),
        mounts,
        interfaces: read_to_string("/proc/net/dev").ok().map(|table| interfaces(&table)),
        core_bytes_max: kernel::hard_limit(libc::RLIMIT_CORE).ok().flatten(),
        nofile_max: kernel::hard_limit(libc::RLIMIT_NOFILE).ok().flatten(),
        limits: cgroup.limits(),
        cgroup: cgroup.version(),
        dumpable: kernel::is_dumpable(),
    };
    (hello, cgroup)
}

fn interfaces(table: &str) -> Vec<String> {
    let names = table.lines().skip(2).filter_map(|line| line.split_once(':'));
    names.map(|(name, _)| name.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn interfaces_are_the_names_before_the_colons() {
        let table = "Inter-|   Receive\n face |bytes    packets\n    lo:   0    0\n  eth0: 12 1\n";
        assert_eq!(super::interfaces(table), ["lo", "eth0"]);
    }
}

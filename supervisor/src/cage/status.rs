//! `/proc/self/status`, proc(5).

use supervisor::messages::Status;

pub fn parse(status: &str) -> Status {
    let field = |name: &str| {
        let mut lines = status.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
    };
    // Uid and Gid are four numbers: real, effective, saved, file system.
    let effective = |name| field(name)?.split_ascii_whitespace().nth(1)?.parse().ok();
    Status {
        uid: effective("Uid"),
        gid: effective("Gid"),
        groups: field("Groups").and_then(|groups| groups.split_ascii_whitespace().map(|id| id.parse().ok()).collect()),
        cap_effective: field("CapEff").map(str::to_owned),
        cap_bounding: field("CapBnd").map(str::to_owned),
        no_new_privs: field("NoNewPrivs").map(|flag| flag == "1"),
        seccomp: field("Seccomp").and_then(|mode| mode.parse().ok()),
    }
}

#[cfg(test)]
mod tests {
    use supervisor::messages::Status;

    #[test]
    fn a_hardened_process_is_recognised() {
        let text = "Name:\tx\nUid:\t0\t65534\t65534\t65534\nGid:\t1\t2\t3\t4\nGroups:\t7 8 \nCapEff:\t0000000000000000\n\
                    CapBnd:\t00000000a80425fb\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n";
        let status = super::parse(text);
        assert_eq!((status.uid, status.gid, status.groups), (Some(65534), Some(2), Some(vec![7, 8])));
        assert_eq!((status.cap_effective.as_deref(), status.seccomp), (Some("0000000000000000"), Some(2)));
        assert_eq!(status.no_new_privs, Some(true));
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        assert_eq!(super::parse(""), Status::default());
    }
}

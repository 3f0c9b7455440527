//! `/proc/self/mountinfo`, proc(5):
//! `36 35 98:0 /root /target rw,noatime master:1 - ext3 /dev/root rw,errors=continue`.

use supervisor::messages::Mount;

/// Options of the file system (not of the mount) that tell how much it can hold and for whom.
const BOUNDS: [&str; 6] = ["size=", "nr_blocks=", "nr_inodes=", "mode=", "uid=", "gid="];

pub fn parse(mountinfo: &str) -> Vec<Mount> {
    mountinfo.lines().filter_map(Line::parse).map(Line::mount).collect()
}

/// Of mounts on top of each other, the last one is seen.
pub fn root_read_only(mounts: &[Mount]) -> Option<bool> {
    let root = mounts.iter().rfind(|mount| mount.target == "/")?;
    Some(root.options.iter().any(|option| option == "ro"))
}

/// One line, its fields still escaped.
pub struct Line<'a> {
    pub root: &'a str,
    pub target: &'a str,
    pub options: &'a str,
    pub fstype: &'a str,
    pub super_options: &'a str,
}

impl<'a> Line<'a> {
    pub fn parse(line: &'a str) -> Option<Self> {
        let (mount, file_system) = line.split_once(" - ")?;
        let mut mount = mount.split(' ').skip(3);
        let (root, target, options) = (mount.next()?, mount.next()?, mount.next()?);
        let mut file_system = file_system.split(' ');
        let (fstype, _source, super_options) = (file_system.next()?, file_system.next()?, file_system.next()?);
        Some(Self { root, target, options, fstype, super_options })
    }

    fn mount(self) -> Mount {
        let read_only = self.super_options.split(',').any(|option| option == "ro");
        let own = self.options.split(',').map(|option| if read_only && option == "rw" { "ro" } else { option });
        let bounds = self.super_options.split(',').filter(|option| BOUNDS.iter().any(|bound| option.starts_with(bound)));
        Mount { target: unescape(self.target), fstype: self.fstype.to_owned(), options: own.chain(bounds).map(str::to_owned).collect() }
    }
}

/// Space, tab, newline and backslash are written as `\040` and so on.
pub fn unescape(field: &str) -> String {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = after.get(..3).filter(|_| byte == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(code) = code.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            bytes.push(code);
            rest = &after[3..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{parse, root_read_only};

    #[test]
    fn bounds_of_the_file_system_are_among_the_options() {
        let mounts = parse(
            "1 0 0:1 / / ro,relatime - overlay overlay rw,lowerdir=/host/path\n\
             2 1 0:2 / /out\\040put rw,nosuid,noexec master:3 - tmpfs tmpfs rw,size=1024k,nr_inodes=16\n",
        );
        assert_eq!(mounts[0].options, ["ro", "relatime"]);
        assert_eq!(mounts[1].target, "/out put");
        assert_eq!(mounts[1].options, ["rw", "nosuid", "noexec", "size=1024k", "nr_inodes=16"]);
        assert_eq!(root_read_only(&mounts), Some(true));
    }

    #[test]
    fn a_read_only_file_system_is_read_only_however_it_is_mounted() {
        let mounts = parse("1 0 0:1 / / rw - squashfs /dev/root ro\n");
        assert_eq!(root_read_only(&mounts), Some(true));
        assert_eq!(root_read_only(&[]), None);
    }
}

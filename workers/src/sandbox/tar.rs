//! The one tar archive that the sandbox needs: one file in it (POSIX.1-1988 ustar).

const BLOCK: usize = 512;

/// An archive with one executable file, owned by root.
pub(super) fn pack(name: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &name.as_bytes()[..name.len().min(100)]);
    put(100, b"0000555\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{:011o}\0", content.len()).as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        0");
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut archive = header.to_vec();
    archive.extend_from_slice(content);
    archive.resize(archive.len().next_multiple_of(BLOCK) + 2 * BLOCK, 0);
    archive
}

/// The content of the first regular file in `archive`, if it is whole.
pub(super) fn first_file(archive: &[u8]) -> Option<&[u8]> {
    let mut rest = archive;
    while let Some((header, after)) = rest.split_at_checked(BLOCK) {
        let digits = std::str::from_utf8(&header[124..136]).ok()?.trim_matches(['\0', ' ']);
        let size = usize::from_str_radix(digits, 8).ok()?;
        if matches!(header[156], b'0' | 0) {
            return after.get(..size);
        }
        rest = after.get(size.next_multiple_of(BLOCK)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, first_file, pack};

    #[test]
    fn what_is_packed_comes_out_again() {
        let content = vec![7; 1_000];
        let archive = pack("supervisor", &content);
        assert_eq!(archive.len() % BLOCK, 0);
        assert_eq!(first_file(&archive), Some(&content[..]));
        assert_eq!(first_file(&archive[..BLOCK + 10]), None, "an archive that is cut short holds no file");
    }
}

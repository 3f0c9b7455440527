//! The `VOLUME`s of an image: each would be writable host disk past the read-only root, so each is covered or the image is refused.

use super::cage::{INPUT, OUTPUT, SHM, SUPERVISOR_DIR, TMP};

/// Which paths need a tmpfs of ours besides those that have one anyway.
///
/// # Errors
/// Why the image is refused, as the end of a sentence about it.
pub(super) fn to_cover(mut volumes: Vec<String>, volumes_max: usize) -> Result<Vec<String>, String> {
    volumes.sort();
    volumes.dedup();
    if volumes.len() > volumes_max {
        return Err(format!("declares {} VOLUMEs; at most {volumes_max} are covered", volumes.len()));
    }
    for path in &volumes {
        let parts: Vec<&str> = path.trim_end_matches('/').split('/').skip(1).collect();
        let plain = path.starts_with('/') && path.len() < 256 && !parts.iter().any(|part| part.is_empty() || *part == "." || *part == "..");
        if !plain || path.contains([':', ',', '\0', '\n']) || parts.is_empty() {
            return Err(format!("declares the VOLUME `{path}`, which is not a plain absolute path"));
        }
        let supervisor = SUPERVISOR_DIR.trim_start_matches('/');
        if ["proc", "sys", "dev", supervisor].contains(&parts[0]) && path != SHM {
            return Err(format!("declares the VOLUME `{path}`, which belongs to the system"));
        }
    }
    volumes.retain(|path| ![TMP, INPUT, OUTPUT, SHM].contains(&path.trim_end_matches('/')));
    Ok(volumes)
}

#[cfg(test)]
mod tests {
    use super::to_cover;

    fn cover(paths: &[&str]) -> Result<Vec<String>, String> {
        to_cover(paths.iter().map(ToString::to_string).collect(), 2)
    }

    #[test]
    fn what_has_a_tmpfs_already_needs_no_second() {
        assert_eq!(cover(&["/data", "/tmp"]), Ok(vec!["/data".to_owned()]));
    }

    #[test]
    fn a_volume_on_the_system_or_outside_or_one_too_many_refuses_the_image() {
        for bad in [&["/proc/x"][..], &["/"], &["/.tallyman"], &["/a/../proc"], &["relative"], &["/a:b"], &["/a", "/b", "/c"]] {
            assert!(cover(bad).is_err(), "{bad:?}");
        }
    }
}

//! Image references: taken apart, normalised and held against the allow list.

/// `registry/repository[:tag][@sha256:…]`, spelled out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    /// `docker.io/library/alpine`
    pub repository: String,
    pub tag: Option<String>,
    /// `sha256:<64 hex>`
    pub digest: Option<String>,
    /// As it was written.
    written: String,
}

impl Reference {
    /// # Errors
    /// The sentence that says what is wrong with it.
    pub fn parse(written: &str) -> Result<Self, String> {
        let refuse = |why: &str| Err(format!("`{}` is not an image reference: {why}", written.chars().take(200).collect::<String>()));
        if written.is_empty() || written.len() > 512 {
            return refuse("it must have between 1 and 512 bytes");
        }
        if !written.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"./:@_-".contains(&byte)) {
            return refuse("only letters, digits and . / : @ _ - may stand in it");
        }
        let (named, digest) = match written.split_once('@') {
            Some((_, digest)) if !is_digest(digest) => return refuse("after @ stands sha256: and 64 hexadecimal digits"),
            Some((named, digest)) => (named, Some(digest.to_owned())),
            None if is_digest(written) => ("", Some(written.to_owned())),
            None => (written, None),
        };
        let (path, tag) = match named.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, Some(tag.to_owned())),
            _ => (named, None),
        };
        if digest.is_none() && path.is_empty() {
            return refuse("it names no repository");
        }
        let tag = if digest.is_none() { tag.or_else(|| Some("latest".to_owned())) } else { tag };
        Ok(Self { repository: normalise(path), tag, digest, written: written.to_owned() })
    }

    /// What the engine is asked for.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// Whether the allow list lets it run. An image id alone names no registry, so a list that is not empty refuses it.
    pub fn is_allowed(&self, prefixes: &[String]) -> bool {
        prefixes.is_empty() || prefixes.iter().any(|prefix| covers(prefix, &self.repository))
    }
}

/// `ghcr.io/acme` covers `ghcr.io/acme/x` and `ghcr.io/acme`, never `ghcr.io/acmeville/x`.
fn covers(prefix: &str, repository: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    repository.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub(super) fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)))
}

fn normalise(path: &str) -> String {
    match path.split_once('/') {
        _ if path.is_empty() => String::new(),
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => path.to_owned(),
        Some(_) => format!("docker.io/{path}"),
        None => format!("docker.io/library/{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::Reference;

    fn repository(written: &str) -> String {
        Reference::parse(written).unwrap().repository
    }

    #[test]
    fn short_names_mean_the_usual_registry() {
        assert_eq!(repository("alpine"), "docker.io/library/alpine");
        assert_eq!(repository("acme/agent:1"), "docker.io/acme/agent");
        assert_eq!(repository("localhost:5000/agent"), "localhost:5000/agent");
        assert_eq!(Reference::parse("localhost:5000/agent").unwrap().tag.as_deref(), Some("latest"));
    }

    #[test]
    fn a_prefix_ends_at_a_slash() {
        let allowed = ["ghcr.io/acme".to_owned()];
        assert!(Reference::parse("ghcr.io/acme/agent:1").unwrap().is_allowed(&allowed));
        assert!(!Reference::parse("ghcr.io/acmeville/agent:1").unwrap().is_allowed(&allowed));
        assert!(!Reference::parse("agent").unwrap().is_allowed(&allowed));
    }

    #[test]
    fn nonsense_is_refused_with_a_reason() {
        for bad in ["", "a b", "x@sha256:12", "x\n", "?q=1", ":tag"] {
            assert!(Reference::parse(bad).is_err(), "{bad:?}");
        }
    }
}

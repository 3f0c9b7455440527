//! `Content-Digest` (RFC 9530): the hash of the bytes of a body.

use sfv::{BareItem, Dictionary, ListEntry, Parser};
use sha2::{Digest as _, Sha256, Sha512};
use subtle::ConstantTimeEq as _;

/// `sha-256=:…:`.
pub fn content_digest(body: &[u8]) -> String {
    use base64::Engine as _;
    format!("sha-256=:{}:", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(body)))
}

/// Whether the header names the digest of these bytes: every one that we know has to be right, and there has to be one.
pub fn fits(header: &str, body: &[u8]) -> bool {
    let Ok(digests) = Parser::new(header).parse::<Dictionary>() else { return false };
    let known = digests.iter().filter_map(|(name, entry)| {
        let ListEntry::Item(item) = entry else { return Some(false) };
        let BareItem::ByteSequence(said) = &item.bare_item else { return Some(false) };
        match name.as_str() {
            "sha-256" => Some(bool::from(said.ct_eq(&Sha256::digest(body)))),
            "sha-512" => Some(bool::from(said.ct_eq(&Sha512::digest(body)))),
            _ => None,
        }
    });
    let known: Vec<bool> = known.collect();
    !known.is_empty() && known.into_iter().all(|fits| fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9530 § B.1, and RFC 9421 § B.2.
    #[test]
    fn a_digest_is_that_of_the_bytes() {
        let body = br#"{"hello": "world"}"#;
        assert_eq!(content_digest(body), "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:");
        let long = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";
        assert!(fits(long, body) && fits(&content_digest(body), body));
        assert!(!fits(long, b"{}") && !fits(&format!("{long}, {}", content_digest(b"{}")), body));
        for none in ["", "md5=:AAAA:", "sha-256=AAAA", "sha-256=(:AAAA:)", "sha-256=:!:"] {
            assert!(!fits(none, body), "{none}");
        }
    }
}

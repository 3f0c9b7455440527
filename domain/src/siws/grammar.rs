//! The rules of RFC 3986 that the message's grammar refers to: `authority`, `URI`, `pchar`. Texts are checked, never repaired.

use std::net::Ipv6Addr;

/// `unreserved` (§ 2.3).
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// `sub-delims` (§ 2.2).
fn is_sub_delim(byte: u8) -> bool {
    b"!$&'()*+,;=".contains(&byte)
}

/// `reserved / unreserved / " "`: what a statement is made of. No quotation mark, no percent sign, nothing beyond ASCII.
pub fn is_statement(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| is_unreserved(byte) || is_sub_delim(byte) || b":/?#[]@ ".contains(&byte))
}

/// `*pchar` (§ 3.3).
#[must_use]
pub fn is_request_id(text: &str) -> bool {
    is_made_of(text, b":@")
}

/// `8*( ALPHA / DIGIT )`.
pub fn is_nonce(text: &str) -> bool {
    text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// `URI` (§ 3): `scheme ":" hier-part [ "?" query ] [ "#" fragment ]`.
#[must_use]
pub fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let mut letters = scheme.bytes();
    let is_scheme = letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (hierarchy, query) = rest.split_once('?').unwrap_or((rest, ""));
    is_scheme && is_hierarchy(hierarchy) && is_made_of(query, b":@/?") && is_made_of(fragment, b":@/?")
}

/// `hier-part`: `"//" authority path-abempty / path-absolute / path-rootless / path-empty`.
fn is_hierarchy(text: &str) -> bool {
    match text.strip_prefix("//") {
        Some(rest) => {
            let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
            is_authority(authority) && is_made_of(path, b":@/")
        }
        // A path that begins with two slashes would be read as an authority, and was.
        None => is_made_of(text, b":@/"),
    }
}

/// `authority` (§ 3.2): `[ userinfo "@" ] host [ ":" port ]`.
#[must_use]
pub fn is_authority(text: &str) -> bool {
    let (userinfo, host_port) = text.split_once('@').unwrap_or(("", text));
    let (host, port) = match host_port.strip_prefix('[') {
        Some(rest) => {
            let Some((literal, port)) = rest.split_once(']') else { return false };
            if !is_ip_literal(literal) {
                return false;
            }
            match port.strip_prefix(':') {
                Some(port) => ("", port),
                None if port.is_empty() => ("", ""),
                None => return false,
            }
        }
        None => host_port.split_once(':').unwrap_or((host_port, "")),
    };
    is_made_of(userinfo, b":") && is_made_of(host, b"") && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// `IP-literal` without its brackets: an IPv6 address, or `IPvFuture`.
fn is_ip_literal(text: &str) -> bool {
    let Some(future) = text.strip_prefix(['v', 'V']) else { return text.parse::<Ipv6Addr>().is_ok() };
    let Some((version, rest)) = future.split_once('.') else { return false };
    let is_version = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_version && !rest.is_empty() && rest.bytes().all(|byte| is_unreserved(byte) || is_sub_delim(byte) || byte == b':')
}

/// Unreserved characters, sub-delimiters, percent-encoded bytes, and these.
fn is_made_of(text: &str, others: &[u8]) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let fits = match byte {
            b'%' => bytes.next().is_some_and(|high| high.is_ascii_hexdigit()) && bytes.next().is_some_and(|low| low.is_ascii_hexdigit()),
            byte => is_unreserved(byte) || is_sub_delim(byte) || others.contains(&byte),
        };
        if !fits {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 3986 § 1.1.2, and what is none.
    #[test]
    fn a_uri_is_one_of_rfc_3986() {
        for good in [
            "ftp://ftp.is.co.za/rfc/rfc1808.txt",
            "http://www.ietf.org/rfc/rfc2396.txt",
            "ldap://[2001:db8::7]/c=GB?objectClass?one",
            "mailto:John.Doe@example.com",
            "news:comp.infosystems.www.servers.unix",
            "tel:+1-816-555-1212",
            "telnet://192.0.2.16:80/",
            "urn:oasis:names:specification:docbook:dtd:xml:4.1.2",
            "https://a.b/c%20d?e=f#g",
            "a:",
        ] {
            assert!(is_uri(good), "{good}");
        }
        for wrong in [
            "",
            "example.com",
            ":a",
            "1a:b",
            "http://a b",
            "http://a/%2",
            "http://[::1",
            "http://a#b#c",
            "http://a/\u{e9}",
            "http://a:b:1/",
        ] {
            assert!(!is_uri(wrong), "{wrong}");
        }
    }

    #[test]
    fn an_authority_is_a_host_with_or_without_a_port() {
        for good in ["example.com", "127.0.0.1:8080", "[::1]:80", "[v1.a:b]", "user:pw@host:1", "host:", ""] {
            assert!(is_authority(good), "{good}");
        }
        for wrong in ["a/b", "a:b", "[::1", "[::g]", "[::1]x", "a b", "a@b@c", "a?b", "a\u{301}"] {
            assert!(!is_authority(wrong), "{wrong}");
        }
    }
}

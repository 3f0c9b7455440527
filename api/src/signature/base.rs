//! What is signed: one line for each part of the request, and one for the parameters (RFC 9421 § 2.5).

use std::fmt::Write as _;

use super::CONTENT_DIGEST;

/// The parts of a request that a signature covers, as both sides spell them.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    pub method: &'a str,
    /// In lower case, with the port unless it is the scheme's own.
    pub authority: &'a str,
    pub path: &'a str,
    /// Without its question mark.
    pub query: &'a str,
    /// The header, when there is a body.
    pub content_digest: Option<&'a str>,
}

/// What every signature has to cover.
pub const COVERED: [&str; 4] = ["@method", "@authority", "@path", "@query"];

impl Parts<'_> {
    /// The text that is signed over these components, with the parameters as they stand in `Signature-Input`. `None` when a component is
    /// unknown or is not there.
    pub fn base(&self, components: &[String], parameters: &str) -> Option<String> {
        let mut base = String::new();
        for component in components {
            let value = self.value(component)?;
            // Writing to a text cannot fail.
            let _ = writeln!(base, "\"{component}\": {value}");
        }
        base.push_str("\"@signature-params\": ");
        base.push_str(parameters);
        Some(base)
    }

    fn value(&self, component: &str) -> Option<String> {
        match component {
            "@method" => Some(self.method.to_owned()),
            "@authority" => Some(self.authority.to_owned()),
            "@path" => Some(self.path.to_owned()),
            // RFC 9421 § 2.2.7: the question mark stands there also when there is nothing behind it.
            "@query" => Some(format!("?{}", self.query)),
            CONTENT_DIGEST => self.content_digest.map(str::to_owned),
            _ => None,
        }
    }
}

//! The other side: what a device puts on a request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::entities::id::DeviceLinkId;
use ed25519_dalek::{Signer as _, SigningKey};

use super::base::{COVERED, Parts};
use super::{ALGORITHM, CONTENT_DIGEST, digest};

/// The headers of a signed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHeaders {
    pub signature_input: String,
    pub signature: String,
    /// Of the body, when there is one.
    pub content_digest: Option<String>,
}

/// Sign a request: its method, its URI (`/path?query`) for this authority, and its body. `created` is in seconds since 1970; the nonce has
/// 16 characters at least and is never used again.
#[must_use]
pub fn sign(
    key: &SigningKey,
    link: DeviceLinkId,
    (method, authority, uri): (&str, &str, &str),
    body: &[u8],
    (created, nonce): (i64, &str),
) -> SignedHeaders {
    let content_digest = (!body.is_empty()).then(|| digest::content_digest(body));
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let covered = COVERED.into_iter().chain(content_digest.as_ref().map(|_| CONTENT_DIGEST));
    let components: Vec<String> = covered.map(str::to_owned).collect();
    let listed = components.iter().map(|component| format!("\"{component}\"")).collect::<Vec<_>>().join(" ");
    let parameters = format!("({listed});created={created};keyid=\"{link}\";nonce=\"{nonce}\";alg=\"{ALGORITHM}\"");
    let parts = Parts { method, authority, path, query, content_digest: content_digest.as_deref() };
    // Everything that is listed is there.
    let base = parts.base(&components, &parameters).unwrap_or_default();
    let signature = STANDARD.encode(key.sign(base.as_bytes()).to_bytes());
    SignedHeaders { signature_input: format!("sig={parameters}"), signature: format!("sig=:{signature}:"), content_digest }
}

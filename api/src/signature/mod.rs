//! Requests that a linked device has signed: HTTP Message Signatures (RFC 9421) with Ed25519, and Content-Digest (RFC 9530).
//!
//! A signature covers the method, the authority, the path, the query, and the body by its digest; it says when it was made and carries a
//! nonce that is used up. What is read here is what is signed: nothing else of the request may decide who is calling.

mod base;
mod digest;
mod input;
mod sign;
mod verify;

pub use sign::{SignedHeaders, sign};
pub use verify::Signed;
pub(crate) use verify::verify;

const SIGNATURE: &str = "signature";
const SIGNATURE_INPUT: &str = "signature-input";
const CONTENT_DIGEST: &str = "content-digest";
const ALGORITHM: &str = "ed25519";

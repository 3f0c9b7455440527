//! What every error of the domain can say about itself. Two files turn it into something else: `api/src/problem.rs` and `workers/src/outcome.rs`.

/// What kind of trouble an error is; decides the status code and whether a job comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The caller sent something that can never work.
    Invalid,
    /// There is no such thing, or it is somebody else's.
    Missing,
    /// The caller may not.
    Forbidden,
    /// Understood, allowed in principle, and refused by a rule (funds, state, quota).
    Refused,
    /// Somebody was faster, or the thing is not in the state that this needs.
    Conflict,
    /// Too much, too often.
    Limited,
    /// Something that we depend on does not answer; later it may.
    Unavailable,
    /// We are wrong.
    Bug,
}

/// One field of the request that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// A JSON pointer (RFC 6901) into the body, or the name of a parameter.
    pub pointer: String,
    /// What is wrong and what would be right.
    pub detail: String,
}

/// An error of the domain.
pub trait Fault: std::error::Error + Send + Sync + 'static {
    fn class(&self) -> Class;

    /// The word of the catalogue in `docs/problems.md`, in kebab case: `insufficient-funds`.
    fn code(&self) -> &'static str;

    /// The fields that are wrong, if it is about fields.
    fn fields(&self) -> &[FieldError] {
        &[]
    }
}

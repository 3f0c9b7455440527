//! What every error of the domain can say about itself. Two files turn it into something else: `api/src/problem.rs` and `workers/src/outcome.rs`.

use crate::limits::LimitReached;

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

    /// The limit that was reached, if it is about one: it says when to come back.
    fn limit(&self) -> Option<&LimitReached> {
        None
    }
}

/// A database that is away or busy is a reason to come back; everything else that it refuses is ours to mend.
impl Fault for sea_orm::DbErr {
    fn class(&self) -> Class {
        use sea_orm::{DbErr, RuntimeErr, sqlx};
        let source = match self {
            DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => return Class::Unavailable,
            DbErr::Exec(RuntimeErr::SqlxError(source)) | DbErr::Query(RuntimeErr::SqlxError(source)) => source,
            _ => return Class::Bug,
        };
        match &**source {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Class::Unavailable,
            _ if crate::sql::refusal(self).is_some_and(|code| passes(&code)) => Class::Unavailable,
            _ => Class::Bug,
        }
    }

    fn code(&self) -> &'static str {
        match self.class() {
            Class::Unavailable => "unavailable",
            _ => "internal",
        }
    }
}

/// SQLite: busy, locked, I/O, disk full. PostgreSQL: connection lost, rolled back, too many, shutting down, lock not had in time, read only.
fn passes(code: &str) -> bool {
    let sqlite = code.len() < 5 && code.parse::<u32>().is_ok_and(|number| matches!(number & 0xff, 5 | 6 | 10 | 13));
    let postgres =
        code.len() == 5 && (["08", "40", "53", "57"].iter().any(|class| code.starts_with(class)) || ["55P03", "25006"].contains(&code));
    sqlite || postgres
}

impl Fault for jobs::EnqueueError {
    fn class(&self) -> Class {
        match self {
            Self::Database(error) => error.class(),
            Self::Contended { .. } => Class::Unavailable,
            Self::Bound { .. } => Class::Invalid,
            Self::Payload { .. } | Self::Priority { .. } => Class::Bug,
        }
    }

    fn code(&self) -> &'static str {
        match self.class() {
            Class::Unavailable => "unavailable",
            Class::Invalid => "validation-failed",
            _ => "internal",
        }
    }
}

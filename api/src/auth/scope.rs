//! What a program needs to be let in: declared with each operation, checked in one place, shown in the description.
//!
//! Reading needs `read`, everything else `write`, operations `ops:read` and `ops:write`. An operation that needs a scope of its own says
//! so: `#[oai(scope = "Scope::Run")] caller: Caller`. One that asks for [`Person`](super::Person) is for people only.

use domain::api_keys;
use poem::Request;
use poem::http::Method;
use poem_openapi::OAuthScopes;
use poem_openapi::registry::MetaOperation;

use super::{Caller, KEY_SCHEME};
use crate::problem::{INSUFFICIENT_SCOPE, Problem};

/// The scopes that operations declare.
#[derive(Debug, Clone, Copy, OAuthScopes)]
#[oai(rename_all = "snake_case")]
pub enum Scope {
    /// Running agents, and cancelling their runs.
    Run,
    /// Paying from an agent's balance, and putting down its bond.
    Pay,
    /// Handing in payments that agents have signed.
    Collect,
}

/// The chapter whose operations have scopes of their own.
const OPS: &str = "ops";

/// What a program needs for one operation; `None` when no program is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needed(Option<api_keys::Scope>);

impl Needed {
    pub fn of(operation: &MetaOperation) -> Self {
        let schemes = || operation.security.iter().flatten();
        if !schemes().any(|(scheme, _)| *scheme == KEY_SCHEME) {
            return Self(None);
        }
        let declared = schemes().flat_map(|(_, scopes)| scopes).next().copied();
        Self(Some(scope(declared, &operation.method, operation.tags.contains(&OPS))))
    }

    /// # Errors
    /// 403 when the caller is a program and may not; what is mounted without a declaration lets none in.
    pub fn check(request: &Request, caller: &Caller) -> Result<(), Problem> {
        if caller.is_signed_in() {
            return Ok(());
        }
        match request.data::<Self>() {
            Some(Self(Some(scope))) if caller.has(*scope) => Ok(()),
            Some(Self(Some(scope))) => Err(Problem::new(&INSUFFICIENT_SCOPE).because(format!("this needs the scope `{}`", scope.name()))),
            Some(Self(None)) | None => Err(for_people()),
        }
    }
}

/// What is for people only.
pub fn for_people() -> Problem {
    Problem::forbidden("no key opens this; sign in")
}

/// The scope of an operation that lets programs in.
pub fn scope(declared: Option<&str>, method: &Method, is_ops: bool) -> api_keys::Scope {
    use api_keys::Scope;
    match (declared.and_then(|name| name.parse().ok()), *method == Method::GET, is_ops) {
        (Some(declared), _, _) => declared,
        (None, true, true) => Scope::OpsRead,
        (None, false, true) => Scope::OpsWrite,
        (None, true, false) => Scope::Read,
        (None, false, false) => Scope::Write,
    }
}

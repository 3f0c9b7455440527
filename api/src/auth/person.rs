//! People: whatever decides how somebody gets in is for those who signed in, and no key opens it.

use std::ops::Deref;

use poem::Request;

use super::caller::Caller;
use super::scope::for_people;
use crate::problem::Problem;

/// A caller who signed in: no program with a key.
#[derive(Debug, Clone, Copy)]
pub struct Person(pub domain::Caller);

impl Deref for Person {
    type Target = domain::Caller;

    fn deref(&self) -> &domain::Caller {
        &self.0
    }
}

impl Person {
    pub(super) async fn of(request: &Request) -> Result<Self, Problem> {
        let caller = Caller::of(request).await?;
        if caller.is_signed_in() { Ok(Self(caller.0)) } else { Err(for_people()) }
    }
}

//! People: whatever decides how somebody gets in is for those who signed in, and no key opens it.

use std::ops::Deref;

use poem::{Request, RequestBody};
use poem_openapi::registry::Registry;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::caller::{Caller, SCHEME, describe_schemes};
use super::scope::for_people;
use crate::parameters::refuse_wrong;

/// A caller who signed in: no program with a key.
#[derive(Debug, Clone, Copy)]
pub struct Person(pub domain::Caller);

impl Deref for Person {
    type Target = domain::Caller;

    fn deref(&self) -> &domain::Caller {
        &self.0
    }
}

impl<'a> ApiExtractor<'a> for Person {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        describe_schemes(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![SCHEME]
    }

    async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        let caller = Caller::of(request).await?;
        if !caller.is_signed_in() {
            return Err(for_people().into());
        }
        refuse_wrong(request)?;
        Ok(Self(caller.0))
    }
}

//! How handlers ask who is calling: extractors of one form, each with the question that it asks.

use poem::{Request, RequestBody};
use poem_openapi::registry::Registry;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::caller::{Caller, SCHEME, describe_schemes, every_scheme};
use super::ops::{Architect, Observer};
use super::person::Person;
use crate::parameters::refuse_wrong;

macro_rules! extractors {
    ($($name:ident asks $who:path, shown $schemes:expr;)+) => {$(
        /// Who it is comes first: whoever may not call is told nothing about wrong parameters.
        impl<'a> ApiExtractor<'a> for $name {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut Registry) {
                describe_schemes(registry);
            }

            fn security_schemes() -> Vec<&'static str> {
                $schemes
            }

            async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
                let who = $who(request).await?;
                refuse_wrong(request)?;
                Ok(who)
            }
        }
    )+};
}

extractors! {
    Caller asks Caller::admitted, shown every_scheme();
    Person asks Person::of, shown vec![SCHEME];
    Observer asks Observer::of, shown every_scheme();
    Architect asks Architect::of, shown every_scheme();
}

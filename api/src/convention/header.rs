//! Header parameters of our own, and how answers declare theirs.

use std::str::FromStr;

use poem::Request;
use poem_openapi::registry::{MetaHeader, MetaSchema, MetaSchemaRef};

/// A header that an answer may have.
pub fn answered(name: &str, description: &str) -> MetaHeader {
    MetaHeader {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        required: false,
        deprecated: false,
        schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new("string"))),
    }
}

pub fn idempotent_replayed() -> MetaHeader {
    answered("Idempotent-Replayed", "`true` when this repeats the answer to an earlier request with the same idempotency key.")
}

/// What a header says that needs nothing else; absent it is the default.
pub fn plain<T: Default + FromStr>(_: &Request, text: Option<&str>) -> Result<T, T::Err> {
    text.map_or_else(|| Ok(T::default()), str::parse)
}

/// An extractor that reads one optional header: the name comes from `#[oai(name = "…")]`, what it means from `$read`, which answers what is
/// wrong with it. The schema says the same to [`crate::parameters`], where several wrong ones are named at once.
macro_rules! header_parameter {
    ($name:ident, $schema:expr, $read:expr) => {
        impl<'a> poem_openapi::ApiExtractor<'a> for $name {
            const TYPES: &'static [poem_openapi::ApiExtractorType] = &[poem_openapi::ApiExtractorType::Parameter];
            const PARAM_IS_REQUIRED: bool = false;
            type ParamType = String;
            type ParamRawType = String;

            fn param_in() -> Option<poem_openapi::registry::MetaParamIn> {
                Some(poem_openapi::registry::MetaParamIn::Header)
            }

            fn param_schema_ref() -> Option<poem_openapi::registry::MetaSchemaRef> {
                Some(poem_openapi::registry::MetaSchemaRef::Inline(Box::new($schema)))
            }

            async fn from_request(
                request: &'a poem::Request,
                _: &mut poem::RequestBody,
                parameter: poem_openapi::ExtractParamOptions<String>,
            ) -> poem::Result<Self> {
                let value = request.headers().get(parameter.name);
                let text = value.map(|value| {
                    value.to_str().map_err(|_| $crate::problem::Problem::invalid_parameter(parameter.name, "must be plain text"))
                });
                let read = ($read)(request, text.transpose()?);
                Ok(read.map_err(|detail| $crate::problem::Problem::invalid_parameter(parameter.name, detail.to_string()))?)
            }
        }
    };
}
pub(super) use header_parameter;

//! Request bodies. poem-openapi stops at the first wrong field, knows one spelling and forgets what it does not know; this reads a body
//! against the operation's own schema, takes `snake_case` and `camelCase`, and reports everything that is wrong at once.

mod nul;
mod read;
mod scalar;
mod schema;
mod spelling;
mod walk;

use domain::FieldError;
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaMediaType, MetaRequest, Registry};
use poem_openapi::types::ParseFromJSON;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde_json::Value;

pub(crate) use nul::NUL;
pub use read::Limits;
pub(crate) use scalar::fault as scalar_fault;
pub(crate) use schema::Schema;
pub(crate) use walk::ERRORS_MAX;
pub use walk::normalise;

use crate::problem::Problem;

/// A JSON body that fits its schema.
#[derive(Debug, Clone)]
pub struct Body<T> {
    pub value: T,
    /// The document with one spelling for every name: what idempotency compares.
    pub document: Value,
}

impl<T: ParseFromJSON + 'static> Body<T> {
    /// Check a document against the schema of `T`.
    ///
    /// # Errors
    /// 400 with every field that is wrong.
    pub fn parse(document: Value) -> Result<Self, Problem> {
        let schema = schema::of::<T>();
        let held = nul::faults(&document, schema);
        let document = normalise(document, schema);
        if !held.is_empty() {
            let others = document.err().unwrap_or_default().into_iter().filter(|wrong| held.iter().all(|nul| nul.pointer != wrong.pointer));
            return Err(Problem::invalid(held.iter().cloned().chain(others).take(ERRORS_MAX).collect()));
        }
        let document = document.map_err(Problem::invalid)?;
        let whole = |detail: String| Problem::invalid(vec![FieldError { pointer: String::new(), detail }]);
        let value = T::parse_from_json(Some(document.clone())).map_err(|error| whole(error.into_message()))?;
        Ok(Self { value, document })
    }
}

impl<'a, T: ParseFromJSON + 'static> ApiExtractor<'a> for Body<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let json = MetaMediaType { content_type: "application/json", schema: T::schema_ref() };
        Some(MetaRequest { description: None, content: vec![json], required: true })
    }

    async fn from_request(request: &'a Request, body: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        let limits = request.data::<Limits>().copied().unwrap_or_default();
        let document = read::json(request, body, limits).await?;
        Ok(Self::parse(document)?)
    }
}

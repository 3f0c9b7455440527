//! The description is a contract: every answer of every story is held against it: a declared status, a declared media type, declared
//! headers, and a body that fits its schema and has no member that the schema does not know.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::{Draft, Validator};
use poem::http::{HeaderMap, Method};
use poem::{Body, Endpoint, Request, Response};
use serde_json::{Map, Value, json};

/// Headers that the description speaks of wherever they are answered.
const DESCRIBED_HEADERS: [&str; 5] = ["location", "etag", "preference-applied", "idempotent-replayed", "retry-after"];

/// An application whose answers are held against its description.
pub struct Contract<E>(pub E);

impl<E: Endpoint<Output = Response>> Endpoint for Contract<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.0.call(request).await?;
        let Some(operation) = operation(&method, &path) else { return Ok(response) };
        let (parts, body) = response.into_parts();
        let asked = format!("{method} {path} answered {}", parts.status);
        let declared = declared(operation, parts.status.as_u16()).unwrap_or_else(|| panic!("{asked}, which is not declared"));
        hold_headers(&asked, declared, &parts.headers);
        let media_type =
            parts.headers.get("content-type").map(|value| value.to_str().unwrap().split(';').next().unwrap().trim().to_owned());
        let Some(media_type) = media_type else {
            assert!(declared.get("content").is_none(), "{asked} without the body that is declared");
            return Ok(Response::from_parts(parts, body));
        };
        let schema = declared.pointer(&format!("/content/{}/schema", media_type.replace('/', "~1")));
        let schema = schema.unwrap_or_else(|| panic!("{asked} with {media_type}, which is not declared"));
        if !media_type.ends_with("json") {
            return Ok(Response::from_parts(parts, body));
        }
        let bytes = body.into_bytes().await.unwrap();
        hold_body(&asked, schema, &serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{asked} with no JSON: {error}")));
        Ok(Response::from_parts(parts, Body::from(bytes)))
    }
}

/// The operation that the description has for a request.
fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let paths = api::openapi::document()["paths"].as_object().unwrap();
    let fits = |template: &str| {
        let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        template.len() == path.len() && template.iter().zip(&path).all(|(part, given)| part == given || part.starts_with('{'))
    };
    let exact = paths.get(path);
    let found = exact.or_else(|| paths.iter().find(|(template, _)| fits(template)).map(|(_, item)| item))?;
    found.get(method.as_str().to_ascii_lowercase())
}

fn declared(operation: &'static Value, status: u16) -> Option<&'static Value> {
    let response = operation["responses"].get(status.to_string())?;
    response["$ref"].as_str().map_or(Some(response), |reference| api::openapi::document().pointer(reference.trim_start_matches('#')))
}

fn hold_headers(asked: &str, declared: &Value, headers: &HeaderMap) {
    let names = declared["headers"].as_object().into_iter().flat_map(Map::keys).map(|name| name.to_ascii_lowercase()).collect::<Vec<_>>();
    for name in DESCRIBED_HEADERS.into_iter().filter(|name| headers.contains_key(*name)) {
        assert!(names.iter().any(|known| known == name), "{asked} with the header `{name}`, which is not declared");
    }
}

fn hold_body(asked: &str, schema: &Value, body: &Value) {
    let errors: Vec<_> = validator(schema).iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{asked} with a body that its schema does not allow:\n{}\n{body:#}", errors.join("\n"));
}

/// The schemas of the description, each of which allows only the members that it names.
static COMPONENTS: LazyLock<Value> = LazyLock::new(|| {
    let mut components = api::openapi::document()["components"].clone();
    for schema in components["schemas"].as_object_mut().unwrap().values_mut() {
        if schema.get("properties").is_some() && schema.get("additionalProperties").is_none() {
            schema["additionalProperties"] = Value::Bool(false);
        }
    }
    components
});

fn validator(schema: &Value) -> Arc<Validator> {
    static BUILT: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let mut built = BUILT.lock().unwrap();
    let made_new = || {
        let document = json!({ "allOf": [schema], "components": *COMPONENTS });
        // OpenAPI 3.0 writes its schemas as an early draft did: `exclusiveMinimum` is a boolean.
        Arc::new(jsonschema::options().with_draft(Draft::Draft4).build(&document).unwrap())
    };
    Arc::clone(built.entry(schema.to_string()).or_insert_with(made_new))
}

#[cfg(test)]
mod tests {
    use poem::EndpointExt as _;
    use poem::http::StatusCode;
    use poem::test::TestClient;
    use poem::{Endpoint, IntoResponse as _, Response, endpoint};

    use super::Contract;

    fn answering(status: StatusCode, body: &'static str) -> TestClient<impl Endpoint<Output = Response>> {
        let answer = move |_| body.with_status(status).with_content_type("application/json").into_response();
        TestClient::new(Contract(endpoint::make_sync(answer)).boxed())
    }

    #[tokio::test]
    #[should_panic(expected = "which is not declared")]
    async fn a_status_that_is_not_declared_breaks_the_story() {
        answering(StatusCode::IM_A_TEAPOT, "{}").get("/v1/agents").send().await;
    }

    #[tokio::test]
    #[should_panic(expected = "with a body that its schema does not allow")]
    async fn a_member_that_the_schema_does_not_know_breaks_the_story() {
        answering(StatusCode::OK, r#"{"agents":[],"surprise":1}"#).get("/v1/agents").send().await;
    }
}

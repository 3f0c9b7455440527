//! The description of the API: what poem-openapi collects, made valid and complete, as JSON, as YAML and as a page.

mod described;
mod example;
mod limits;
mod methods;
mod ordered;
mod pages;
mod problems;
mod scopes;

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

pub use methods::allowed;
pub use pages::{json, page, problems, yaml};

use crate::v1::{self, Apis};
use described::Described;
use ordered::Ordered;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| finish(&v1::describe(Described::<Apis>::default()).spec()));

/// The description as a document.
#[must_use]
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// The description as the text of `openapi.yaml`.
///
/// # Panics
/// Never: every JSON document can be written as YAML.
#[must_use]
pub fn openapi_yaml() -> String {
    serde_yaml::to_string(&Ordered::document(document())).expect("a JSON document can be written as YAML")
}

fn openapi_json() -> String {
    serde_json::to_string(&Ordered::document(document())).unwrap_or_default()
}

/// Take out what OpenAPI 3.0 does not know, and give every body an example.
fn finish(spec: &str) -> Value {
    let mut document: Value = serde_json::from_str(spec).unwrap_or_else(|_| json!({}));
    if let Some(top) = document.as_object_mut() {
        top.remove("webhooks");
    }
    bodies(&mut document, &mut plain_json);
    limits::describe(&mut document);
    problems::add_preconditions(&mut document);
    problems::add_gone(&mut document);
    problems::add_funds(&mut document);
    scopes::describe(&mut document);
    problems::say_once(&mut document);
    example::add_everywhere(&mut document);
    mend(&mut document);
    document
}

/// Bounds of whole numbers are whole numbers, and an answer without a description gets one: OpenAPI demands it.
fn mend(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, member) in object.iter_mut() {
                match member {
                    Value::Number(number) if ["minimum", "maximum"].contains(&name.as_str()) => {
                        #[expect(clippy::cast_possible_truncation, reason = "the bounds of the schemas are far below 2^63")]
                        if let Some(whole) = number.as_f64().filter(|bound| bound.fract() == 0.0) {
                            *member = json!(whole as i64);
                        }
                    }
                    Value::String(text) if name == "description" && text.is_empty() => "As asked.".clone_into(text),
                    other => mend(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mend),
        _ => {}
    }
}

/// The bodies of all requests and answers, by media type.
fn bodies(value: &mut Value, each: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            if let Some(Value::Object(content)) = object.get_mut("content") {
                each(content);
            }
            object.values_mut().for_each(|value| bodies(value, each));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| bodies(item, each)),
        _ => {}
    }
}

/// JSON is UTF-8 without saying so (RFC 8259 § 8.1), and generated clients compare the name as it stands.
fn plain_json(content: &mut Map<String, Value>) {
    if let Some(body) = content.remove("application/json; charset=utf-8") {
        content.insert("application/json".into(), body);
    }
}

//! The parameters of one request beside their descriptions.

use domain::FieldError;
use poem::Request;
use poem_openapi::registry::{MetaOperation, MetaParamIn, MetaSchemaRef};
use serde_json::{Number, Value};

use crate::body::{ERRORS_MAX, NUL, Schema, scalar_fault};

/// The one family of parameters whose names no description can list: values inside of payloads, for the operation that finds jobs by them.
const UNLISTED: (&str, &str) = ("listJobs", "args.");

/// Everything that is wrong, by the names of the parameters. An id in the path that is none is no fault: there is nothing of that name.
pub fn faults(request: &Request, operation: &MetaOperation, schema: &Schema) -> Vec<FieldError> {
    let params = &operation.params;
    let query: Vec<(String, String)> = request.params().unwrap_or_default();
    let mut places = 0..;
    let mut wrong: Vec<FieldError> = Vec::new();
    let mut refuse = |name: &str, detail: String| wrong.push(FieldError { pointer: name.replace('\0', "\u{fffd}"), detail });
    for param in params {
        let fault = match param.in_type {
            MetaParamIn::Path => {
                let value = request.raw_path_param(&place(places.next().unwrap_or_default()));
                value.filter(|value| value.contains('\0')).map(|_| NUL.to_owned())
            }
            MetaParamIn::Query => {
                let given = query.iter().filter(|(name, _)| *name == param.name).map(|(_, value)| value.as_str());
                given.into_iter().find_map(|text| text_fault(text, &param.schema, schema))
            }
            MetaParamIn::Header => request.headers().get_all(param.name.as_str()).iter().find_map(|value| match value.to_str() {
                Ok(text) => text_fault(text, &param.schema, schema),
                Err(_) => Some("must be plain text".to_owned()),
            }),
            _ => None,
        };
        if let Some(detail) = fault {
            refuse(&param.name, detail);
        }
    }
    let described: Vec<&str> = params.iter().filter(|param| param.in_type == MetaParamIn::Query).map(|param| param.name.as_str()).collect();
    // A filter with a typing error in it must not find everything.
    let unknown = || match described.as_slice() {
        [] => "no such parameter; there are none here".to_owned(),
        names => format!("no such parameter; there are: {}", names.join(", ")),
    };
    let is_unlisted = |name: &str| operation.operation_id == Some(UNLISTED.0) && name.starts_with(UNLISTED.1);
    for (name, value) in query.iter().filter(|(name, _)| !described.contains(&name.as_str())) {
        if name.contains('\0') || value.contains('\0') {
            refuse(name, NUL.to_owned());
        } else if asks_the_api(request) && !is_unlisted(name) {
            refuse(name, unknown());
        }
    }
    wrong.truncate(ERRORS_MAX);
    wrong
}

/// What lies outside of `/v1` is asked by probes and caches, too, which add to its query what they like.
fn asks_the_api(request: &Request) -> bool {
    request.uri().path().starts_with("/v1/")
}

/// What poem-openapi calls the parts of a path that are parameters.
pub fn place(number: usize) -> String {
    format!("param{number}")
}

fn text_fault(text: &str, schema: &MetaSchemaRef, all: &Schema) -> Option<String> {
    let described = all.resolve(schema);
    if !described.all_of.is_empty() {
        return described.all_of.iter().find_map(|part| text_fault(text, part, all));
    }
    match described.items.as_deref() {
        Some(items) if described.ty == "array" => text_fault(text, items, all),
        _ if text.contains('\0') => Some(NUL.to_owned()),
        _ => scalar_fault(&read(text, described.ty), described, all),
    }
}

/// A text as the JSON value that its type means. Whole numbers that are too large for every bound stay so.
fn read(text: &str, ty: &str) -> Value {
    let number = || text.parse::<Number>().ok().map(Value::Number);
    let value = match ty {
        "boolean" => text.parse().ok().map(Value::Bool),
        "number" => number(),
        "integer" => match text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit()) {
            true if text.len() > 18 && text.starts_with('-') => Some(i64::MIN.into()),
            true if text.len() > 18 => Some(i64::MAX.into()),
            _ => number(),
        },
        _ => None,
    };
    value.unwrap_or_else(|| Value::from(text))
}

#[cfg(test)]
mod tests {
    use poem_openapi::registry::MetaSchema;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_is_read_as_its_type_says() {
        assert_eq!(read("7", "integer"), json!(7));
        assert_eq!(read("7", "string"), json!("7"));
        assert_eq!(read("true", "boolean"), json!(true));
        assert_eq!(read("99999999999999999999999", "integer"), json!(i64::MAX));
        assert_eq!(read("-99999999999999999999999", "integer"), json!(i64::MIN));
        for none in ["", "-", "1.5", "1e3", "seven", "0x7", " 7"] {
            assert!(!read(none, "integer").as_i64().is_some_and(|_| true), "{none}");
        }
    }

    #[test]
    fn each_item_of_a_list_is_looked_at() {
        let items = MetaSchemaRef::Inline(Box::new(MetaSchema { enum_items: vec![json!("red")], ..MetaSchema::new("string") }));
        let list = MetaSchemaRef::Inline(Box::new(MetaSchema { items: Some(Box::new(items)), ..MetaSchema::new("array") }));
        let all = Schema::of_all(poem_openapi::registry::Registry::new(), [&list]);
        assert_eq!(text_fault("red", &list, &all), None);
        assert_eq!(text_fault("blue", &list, &all).as_deref(), Some("must be one of: red"));
    }
}

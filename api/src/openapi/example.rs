//! An example for every body of every operation: the schema's own where it has one, else put together from those of its parts.

use serde_json::{Map, Value, json};

/// Deeper than any schema of ours; a schema that contains itself ends here.
const DEPTH_MAX: usize = 8;

/// Give every JSON media type of the document an example.
pub fn add_everywhere(document: &mut Value) {
    let schemas = document.pointer("/components/schemas").cloned().unwrap_or_default();
    super::bodies(document, &mut |content| {
        for (media_type, body) in content {
            // The one schema of all problems has its own.
            let wanted = media_type.contains("json") && media_type != "application/problem+json" && body.get("example").is_none();
            if let Some(example) = body.get("schema").filter(|_| wanted).and_then(|schema| of(schema, &schemas, 0)) {
                body["example"] = example;
            }
        }
    });
}

fn of(schema: &Value, schemas: &Value, depth: usize) -> Option<Value> {
    if depth > DEPTH_MAX {
        return None;
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
        return of(schemas.get(name)?, schemas, depth + 1);
    }
    if let Some(example) = schema.get("example").or_else(|| schema.get("default")) {
        return Some(example.clone());
    }
    if let Some(first) = schema.pointer("/enum/0") {
        return Some(first.clone());
    }
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        let parts = parts.iter().filter_map(|part| of(part, schemas, depth + 1));
        return parts.reduce(|whole, part| match (whole, part) {
            (Value::Object(mut whole), Value::Object(part)) => {
                whole.extend(part);
                Value::Object(whole)
            }
            (whole, _) => whole,
        });
    }
    if let Some(first) = schema.pointer("/anyOf/0").or_else(|| schema.pointer("/oneOf/0")) {
        return of(first, schemas, depth + 1);
    }
    let text = |word: &str| Some(Value::from(word));
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => Some(object(schema, schemas, depth)),
        Some("array") => Some(schema.get("items").and_then(|items| of(items, schemas, depth + 1)).map_or(json!([]), |item| json!([item]))),
        Some("integer") => Some(schema.get("minimum").and_then(Value::as_f64).map_or(json!(1), |min| json!(min.max(1.0).round()))),
        Some("number") => Some(json!(0.5)),
        Some("boolean") => Some(json!(true)),
        Some("string") => match schema.get("format").and_then(Value::as_str) {
            Some("uri") => text("https://example.com"),
            _ => text("text"),
        },
        // Anything goes.
        _ => Some(json!({})),
    }
}

fn object(schema: &Value, schemas: &Value, depth: usize) -> Value {
    let empty = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let fields = properties.iter().filter_map(|(name, property)| Some((name.clone(), of(property, schemas, depth + 1)?)));
    Value::Object(fields.collect())
}

//! PostgreSQL keeps no NUL in a text; one in a result or a log line must not spoil what is written with it.

use serde_json::Value;

pub fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

pub fn json(value: &Value) -> Value {
    match value {
        Value::String(inside) => Value::String(text(inside)),
        Value::Array(items) => items.iter().map(json).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (text(name), json(value))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

//! Texts, numbers and truth values against their schema. Each answer says what would be right.

use poem_openapi::registry::MetaSchema;
use serde_json::{Number, Value};

use super::schema::Schema;
use crate::wire::check_format;

/// What is wrong with a value that is neither array nor object, if something is.
pub fn fault(value: &Value, schema: &MetaSchema, all: &Schema) -> Option<String> {
    let wrong = match (schema.ty, value) {
        ("string", Value::String(text)) => text_fault(text, schema, all),
        ("string", _) => Some("must be a text".to_owned()),
        ("integer", Value::Number(number)) => integer_fault(number, schema),
        ("integer", _) => Some("must be a whole number".to_owned()),
        ("number", Value::Number(number)) => bounds_fault(number.as_f64().unwrap_or(f64::NAN), schema),
        ("number", _) => Some("must be a number".to_owned()),
        ("boolean", Value::Bool(_)) => None,
        ("boolean", _) => Some("must be true or false".to_owned()),
        _ => None,
    };
    wrong.or_else(|| choice_fault(value, schema))
}

fn choice_fault(value: &Value, schema: &MetaSchema) -> Option<String> {
    if schema.enum_items.is_empty() || schema.enum_items.contains(value) {
        return None;
    }
    let word = |item: &Value| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
    Some(format!("must be one of: {}", schema.enum_items.iter().map(word).collect::<Vec<_>>().join(", ")))
}

fn text_fault(text: &str, schema: &MetaSchema, all: &Schema) -> Option<String> {
    if let Some(wrong) = schema.format.and_then(|format| check_format(format, text)) {
        return Some(wrong);
    }
    let length = text.chars().count();
    if let Some(max) = schema.max_length.filter(|max| length > *max) {
        return Some(format!("must have at most {max} characters, has {length}"));
    }
    if let Some(min) = schema.min_length.filter(|min| length < *min) {
        return Some(format!("must have at least {min} characters, has {length}"));
    }
    let pattern = schema.pattern.as_deref()?;
    let fits = all.pattern(pattern).is_none_or(|regex| regex.is_match(text));
    (!fits).then(|| match schema.example.as_ref().and_then(Value::as_str) {
        Some(example) => format!("must be written like {example}"),
        None => format!("must look like {pattern}"),
    })
}

fn integer_fault(number: &Number, schema: &MetaSchema) -> Option<String> {
    let Some(whole) = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from)) else {
        return Some("must be a whole number".to_owned());
    };
    let (min, max) = match schema.format {
        Some("int8") => (i8::MIN.into(), i8::MAX.into()),
        Some("uint8") => (0, u8::MAX.into()),
        Some("int16") => (i16::MIN.into(), i16::MAX.into()),
        Some("uint16") => (0, u16::MAX.into()),
        Some("int32") => (i32::MIN.into(), i32::MAX.into()),
        Some("uint32") => (0, u32::MAX.into()),
        Some("uint64") => (0, u64::MAX.into()),
        _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
    };
    if whole < min || whole > max {
        return Some(format!("must be between {min} and {max}"));
    }
    #[expect(clippy::cast_precision_loss, reason = "the bounds of a schema are floating point anyway")]
    bounds_fault(whole as f64, schema)
}

fn bounds_fault(number: f64, schema: &MetaSchema) -> Option<String> {
    if let Some(max) = schema.maximum.filter(|max| number > *max || (schema.exclusive_maximum == Some(true) && number >= *max)) {
        return Some(format!("must be {} {max}", if schema.exclusive_maximum == Some(true) { "less than" } else { "at most" }));
    }
    if let Some(min) = schema.minimum.filter(|min| number < *min || (schema.exclusive_minimum == Some(true) && number <= *min)) {
        return Some(format!("must be {} {min}", if schema.exclusive_minimum == Some(true) { "more than" } else { "at least" }));
    }
    schema.multiple_of.filter(|step| (number / step).fract() != 0.0).map(|step| format!("must be a multiple of {step}"))
}

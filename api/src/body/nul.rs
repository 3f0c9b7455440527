//! PostgreSQL stores no NUL, neither in a text nor in JSON: it is refused at the door, where its place can be named. Only what is never
//! stored and judged by rules of its own ([`Verbatim`](crate::wire::Verbatim)) passes.

use domain::FieldError;
use serde_json::Value;

use super::schema::Schema;
use super::walk::below;

/// What is said about a NUL.
pub const NUL: &str = "must not contain the character NUL";

/// Every place where a text or the name of a field holds a NUL and must not.
pub fn faults(document: &Value, schema: &Schema) -> Vec<FieldError> {
    let mut places = Vec::new();
    walk(document, "", &mut places);
    places.retain(|place| !place.strip_prefix('/').is_some_and(|field| schema.is_verbatim(field)));
    let shown = |place: String| FieldError { pointer: place.replace('\0', "\u{fffd}"), detail: NUL.to_owned() };
    places.into_iter().map(shown).collect()
}

fn walk(value: &Value, at: &str, places: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains('\0') => places.push(at.to_owned()),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| walk(item, &format!("{at}/{index}"), places)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            let at = below(at, name);
            places.extend(name.contains('\0').then(|| at.clone()));
            walk(value, &at, places);
        }),
        _ => {}
    }
}

//! PostgreSQL stores no NUL, neither in a text nor in JSON: it is refused at the door, where its place can be named.

use domain::FieldError;
use serde_json::Value;

use super::walk::below;

/// What is said about a NUL.
pub const NUL: &str = "must not contain the character NUL";

/// Every place where a text or the name of a field holds a NUL.
pub fn faults(document: &Value) -> Vec<FieldError> {
    let mut places = Vec::new();
    walk(document, "", &mut places);
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

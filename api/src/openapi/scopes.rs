//! Which scope a key needs, said with every operation. OpenAPI 3.0 knows scopes only of OAuth, so ours stand beside its `security`.

use poem::http::Method;
use serde_json::{Value, json};

use crate::auth::{KEY_SCHEME, scope};

/// Say it: `x-required-scope`, and a sentence for people.
pub fn describe(document: &mut Value) {
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for (method, operation) in paths.values_mut().filter_map(Value::as_object_mut).flatten() {
        let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else { continue };
        let is_ops = operation["tags"].as_array().is_some_and(|tags| tags.iter().any(|tag| tag == "ops"));
        let (mut declared, mut lets_keys_in) = (None, false);
        let schemes = operation.get_mut("security").and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut);
        for (scheme, scopes) in schemes.flatten() {
            lets_keys_in |= scheme == KEY_SCHEME;
            declared = scopes[0].as_str().map(str::to_owned).or(declared);
            *scopes = json!([]);
        }
        if lets_keys_in {
            let scope = scope(declared.as_deref(), &method, is_ops).name();
            operation["x-required-scope"] = scope.into();
            let sentence = format!("A key needs the scope `{scope}`.");
            let before = operation["description"].as_str().map(|text| format!("{text}\n\n")).unwrap_or_default();
            operation["description"] = format!("{before}{sentence}").into();
        }
    }
}

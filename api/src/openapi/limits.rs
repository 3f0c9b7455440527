//! Every answer under `/v1` says how its caller stands with the limits: two headers, described once.

use serde_json::{Map, Value, json};

/// Names and meanings (draft-ietf-httpapi-ratelimit-headers-10).
const HEADERS: [(&str, &str, &str); 2] = [
    ("RateLimit-Policy", "What a policy allows: `q` units in `w` seconds.", "\"caller\";q=600;w=60"),
    ("RateLimit", "How the caller stands: `r` units are left, and in `t` seconds all are.", "\"caller\";r=587;t=2"),
];

/// Put them into the description.
pub fn describe(document: &mut Value) {
    let header = |(name, description, example): (&str, &str, &str)| {
        (name.to_owned(), json!({ "description": description, "required": false, "schema": { "type": "string", "example": example } }))
    };
    document["components"]["headers"] = Value::Object(HEADERS.into_iter().map(header).collect());
    let Some(paths) = document["paths"].as_object_mut() else { return };
    let operations = paths.iter_mut().filter(|(path, _)| path.starts_with("/v1/")).filter_map(|(_, path)| path.as_object_mut());
    for response in
        operations.flat_map(Map::values_mut).filter_map(|operation| operation["responses"].as_object_mut()).flat_map(Map::values_mut)
    {
        let Some(response) = response.as_object_mut().filter(|response| !response.contains_key("$ref")) else { continue };
        let headers = response.entry("headers").or_insert_with(|| json!({}));
        for (name, _, _) in HEADERS {
            headers[name] = json!({ "$ref": format!("#/components/headers/{name}") });
        }
    }
}

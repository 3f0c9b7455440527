//! What may be asked of a path: `Allow` (RFC 9110 § 10.2.1) for those who ask something else.

use poem::http::HeaderValue;
use serde_json::Value;

/// The methods of a path, as the description has them. Pages that it does not describe are there to be read.
#[must_use]
pub fn allowed(path: &str) -> HeaderValue {
    let item = super::document()["paths"].as_object().and_then(|paths| {
        let exact = paths.get(path);
        exact.or_else(|| paths.iter().find(|(template, _)| fits(template, path)).map(|(_, item)| item))
    });
    item.and_then(|item| methods(item).parse().ok()).unwrap_or(HeaderValue::from_static("GET, HEAD"))
}

fn fits(template: &str, path: &str) -> bool {
    let (mut parts, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (parts.next(), given.next()) {
            (None, None) => return true,
            (Some(part), Some(text)) if part == text || part.starts_with('{') => {}
            _ => return false,
        }
    }
}

fn methods(item: &Value) -> String {
    let mut names: Vec<String> = item.as_object().into_iter().flat_map(|item| item.keys()).map(|name| name.to_ascii_uppercase()).collect();
    if names.iter().any(|name| name == "GET") {
        names.push("HEAD".to_owned());
    }
    names.sort();
    names.join(", ")
}

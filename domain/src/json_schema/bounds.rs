//! What a schema may be, looked at before it is compiled.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Bytes of its JSON text.
const BYTES_MAX: usize = 64 << 10;
/// How deep it nests.
const DEPTH_MAX: usize = 32;
/// Patterns in all, and bytes of one.
const PATTERNS_MAX: usize = 64;
const PATTERN_BYTES_MAX: usize = 512;
/// Parts of the schema when every `$ref` is replaced by what it means: the bound of the work per value.
const UNROLLED_MAX: usize = 2_000;
/// Each of them looks at its subschemas twice, so nested ones double the work.
const UNEVALUATED_MAX: usize = 4;

/// What one check may cost at most: the weight of the schema times the bytes of the value. A value of 1 MiB may meet 256 parts, one of 10 KiB any schema.
const WORK_MAX: usize = 256 << 20;
/// A pattern reads its whole text, and slowly when it was made to be slow.
const PATTERN_WEIGHT: usize = 16;

/// Whether a value of so many bytes is too much for a schema of that weight.
///
/// # Errors
/// How many bytes it would take.
pub fn affordable(weight: usize, bytes: usize) -> Result<(), usize> {
    let bytes_max = WORK_MAX / weight.max(1);
    if bytes <= bytes_max { Ok(()) } else { Err(bytes_max) }
}

/// Keywords whose meaning depends on where the schema was called from, or that rename its parts.
const REFUSED: [&str; 6] = ["$dynamicRef", "$recursiveRef", "$dynamicAnchor", "$recursiveAnchor", "$anchor", "$vocabulary"];

/// Look at every part of the schema. Answers its weight: how much work each byte of a value may be.
///
/// # Errors
/// A JSON pointer into the schema, and the sentence that says what is wrong there.
pub fn check(schema: &Value) -> Result<usize, (String, String)> {
    if !schema.is_object() && !schema.is_boolean() {
        return Err((String::new(), "a schema is a JSON object".into()));
    }
    let bytes = schema.to_string().len();
    if bytes > BYTES_MAX {
        return Err((String::new(), format!("the schema has {bytes} bytes, at most {BYTES_MAX} are allowed")));
    }
    let mut look = Look { root: schema, patterns: 0, unevaluated: 0, weighs: false, sizes: HashMap::new() };
    look.walk(schema, "", 0)?;
    let size = look.unrolled(schema, "", &mut Vec::new())?;
    if size > UNROLLED_MAX {
        return Err((String::new(), format!("with every $ref written out the schema has more than {UNROLLED_MAX} parts")));
    }
    (look.weighs, look.sizes) = (true, HashMap::new());
    look.unrolled(schema, "", &mut Vec::new())
}

type Refusal = (String, String);

struct Look<'a> {
    root: &'a Value,
    patterns: usize,
    unevaluated: usize,
    /// Whether parts are weighed, and not only counted.
    weighs: bool,
    /// The unrolled size of what a `$ref` means.
    sizes: HashMap<String, usize>,
}

impl<'a> Look<'a> {
    fn walk(&mut self, value: &Value, at: &str, depth: usize) -> Result<(), Refusal> {
        if depth > DEPTH_MAX {
            return Err((at.to_owned(), format!("the schema nests deeper than {DEPTH_MAX} levels")));
        }
        match value {
            Value::Object(fields) => {
                self.keywords(fields, at, depth)?;
                fields.iter().try_for_each(|(name, value)| self.walk(value, &format!("{at}/{}", escaped(name)), depth + 1))
            }
            Value::Array(items) => {
                items.iter().enumerate().try_for_each(|(index, value)| self.walk(value, &format!("{at}/{index}"), depth + 1))
            }
            _ => Ok(()),
        }
    }

    /// A field that only looks like a keyword (a property called `pattern`) is held to the same bounds, which harms nobody.
    fn keywords(&mut self, fields: &Map<String, Value>, at: &str, depth: usize) -> Result<(), Refusal> {
        if let Some(refused) = REFUSED.iter().find(|name| fields.get(**name).is_some_and(Value::is_string)) {
            return Err((format!("{at}/{refused}"), format!("`{refused}` is not supported; use $ref to a place in $defs")));
        }
        if depth > 0 && fields.get("$id").is_some_and(Value::is_string) {
            return Err((format!("{at}/$id"), "only the whole schema may have an $id".into()));
        }
        if let Some(Value::String(reference)) = fields.get("$ref")
            && reference != "#"
            && !reference.starts_with("#/")
        {
            return Err((format!("{at}/$ref"), "a $ref points into the schema itself: `#/$defs/…`; nothing is fetched".into()));
        }
        let named = fields.get("patternProperties").and_then(Value::as_object).map(Map::keys).into_iter().flatten().map(String::as_str);
        for pattern in named.chain(fields.get("pattern").and_then(Value::as_str)) {
            self.patterns += 1;
            if pattern.len() > PATTERN_BYTES_MAX {
                return Err((at.to_owned(), format!("a pattern has at most {PATTERN_BYTES_MAX} bytes")));
            }
        }
        if self.patterns > PATTERNS_MAX {
            return Err((at.to_owned(), format!("a schema has at most {PATTERNS_MAX} patterns")));
        }
        self.unevaluated += ["unevaluatedProperties", "unevaluatedItems"].iter().filter(|name| fields.contains_key(**name)).count();
        if self.unevaluated > UNEVALUATED_MAX {
            return Err((at.to_owned(), format!("a schema has at most {UNEVALUATED_MAX} unevaluatedProperties and unevaluatedItems")));
        }
        Ok(())
    }

    fn unrolled(&mut self, value: &'a Value, at: &str, path: &mut Vec<String>) -> Result<usize, Refusal> {
        let mut size = 1_usize;
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let at = format!("{at}/{}", escaped(name));
                    size = size.saturating_add(match (name.as_str(), value) {
                        ("$ref", Value::String(reference)) => self.referred(reference, &at, path)?,
                        // A value is compared with one after the other.
                        ("enum", Value::Array(values)) if self.weighs => 1 + values.len(),
                        ("pattern", _) if self.weighs => PATTERN_WEIGHT,
                        ("patternProperties", Value::Object(patterns)) if self.weighs => {
                            self.unrolled(value, &at, path)?.saturating_add(PATTERN_WEIGHT * patterns.len())
                        }
                        ("const" | "enum" | "default" | "examples", _) => 1,
                        _ => self.unrolled(value, &at, path)?,
                    });
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    size = size.saturating_add(self.unrolled(value, &format!("{at}/{index}"), path)?);
                }
            }
            _ => {}
        }
        Ok(size)
    }

    fn referred(&mut self, reference: &str, at: &str, path: &mut Vec<String>) -> Result<usize, Refusal> {
        if let Some(size) = self.sizes.get(reference) {
            return Ok(*size);
        }
        let pointer = decoded(reference.trim_start_matches('#'));
        let nowhere = || (at.to_owned(), format!("nothing stands at `{}`", crate::json::shortened(reference, 100)));
        let target = self.root.pointer(&pointer).ok_or_else(nowhere)?;
        // Inside of itself, at any distance: the place that is being unrolled lies at or below the one referred to.
        let within = |place: &String| place == &pointer || place.strip_prefix(&pointer).is_some_and(|rest| rest.starts_with('/'));
        if path.iter().any(within) || within(&decoded(at)) {
            return Err((at.to_owned(), "a schema must not lead back to itself: write out as many levels as you need".into()));
        }
        path.push(pointer.clone());
        let size = self.unrolled(target, &pointer, path)?;
        path.pop();
        self.sizes.insert(reference.to_owned(), size);
        Ok(size)
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A fragment's percent escapes (RFC 6901 § 6).
fn decoded(fragment: &str) -> String {
    let bytes = fragment.as_bytes();
    let (mut plain, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let escape = fragment.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        plain.push(escape.unwrap_or(bytes[at]));
        at += if escape.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(schema: &Value) -> String {
        check(schema).expect_err("the schema is refused").1
    }

    #[test]
    fn references_into_the_schema_are_fine() {
        let schema = json!({"$defs": {"a b": {"type": "string"}, "list": {"type": "array", "items": {"$ref": "#/$defs/a%20b"}}},
            "properties": {"x": {"$ref": "#/$defs/list"}, "y": {"$ref": "#/$defs/list"}}});
        assert!(check(&schema).is_ok());
    }

    #[test]
    fn nothing_is_fetched() {
        for reference in ["http://169.254.169.254/", "file:///etc/passwd", "other.json", "#anchor"] {
            assert!(refused(&json!({"$ref": reference})).contains("nothing is fetched"), "{reference}");
        }
    }

    #[test]
    fn a_schema_never_leads_back_to_itself() {
        let loops = [
            json!({"allOf": [{"$ref": "#"}]}),
            json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}),
            json!({"properties": {"child": {"$ref": "#/properties"}}}),
            json!({"$defs": {"a": {"not": {"$ref": "#/%24defs/a"}}}}),
        ];
        for schema in loops {
            assert!(refused(&schema).contains("back to itself"), "{schema}");
        }
    }

    #[test]
    fn doubling_references_are_counted_before_they_are_followed() {
        let level = |n: u32| json!({"allOf": [{"$ref": format!("#/$defs/{}", n + 1)}, {"$ref": format!("#/$defs/{}", n + 1)}]});
        let mut defs: Map<String, Value> = (0..60).map(|n| (n.to_string(), level(n))).collect();
        defs.insert("60".into(), json!({"type": "string"}));
        assert!(refused(&json!({"$defs": defs, "$ref": "#/$defs/0"})).contains("written out"));
    }

    #[test]
    fn size_depth_and_patterns_are_bounded() {
        let deep = (0..40).fold(json!({}), |inner, _| json!({"not": inner}));
        assert!(refused(&deep).contains("deeper"));
        assert!(refused(&json!({"description": "x".repeat(70_000)})).contains("bytes"));
        assert!(refused(&json!({"pattern": "x".repeat(600)})).contains("pattern"));
        let many: Map<String, Value> = (0..65).map(|n| (n.to_string(), json!({}))).collect();
        assert!(refused(&json!({"patternProperties": many})).contains("patterns"));
        assert!(refused(&json!("schema")).contains("object"));
    }
}

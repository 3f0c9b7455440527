//! A schema that is ready to check values.

use jsonschema::{PatternOptions, Retrieve, Uri, Validator};
use serde_json::Value;

use super::bounds;
use super::sentence::sentence;
use crate::fault::FieldError;
use crate::json::{bytes_of, shortened};

/// What a compiled pattern may take.
const PATTERN_MEMORY_BYTES_MAX: usize = 1 << 20;
/// Errors that one check names at most, and characters of one.
const ERRORS_MAX: usize = 20;
const ERROR_CHARS_MAX: usize = 300;

/// A compiled schema.
#[derive(Debug)]
pub struct JsonSchema {
    validator: Validator,
    /// How much work each byte of a value may be.
    weight: usize,
}

/// A schema that is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at `{pointer}`: {detail}")]
pub struct SchemaError {
    /// A JSON pointer into the schema.
    pub pointer: String,
    pub detail: String,
}

/// Nothing is fetched, wherever it is said to lie.
struct Nowhere;

impl Retrieve for Nowhere {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        Err(format!("`{uri}` is not fetched").into())
    }
}

impl JsonSchema {
    /// Compile a schema. It takes milliseconds of a processor at most; hold no transaction meanwhile.
    ///
    /// # Errors
    /// What is wrong with the schema, and where.
    pub fn compile(schema: &Value) -> Result<Self, SchemaError> {
        let weight = bounds::check(schema).map_err(|(pointer, detail)| SchemaError { pointer, detail })?;
        let patterns = PatternOptions::regex().size_limit(PATTERN_MEMORY_BYTES_MAX).dfa_size_limit(PATTERN_MEMORY_BYTES_MAX);
        let built = jsonschema::options().with_retriever(Nowhere).with_pattern_options(patterns).build(schema);
        built.map(|validator| Self { validator, weight }).map_err(|error| SchemaError {
            pointer: error.instance_path().to_string(),
            detail: shortened(&sentence(&error), ERROR_CHARS_MAX),
        })
    }

    /// What is wrong with the value: nothing, or up to twenty places below `root`. A value that would be too much work for this schema is
    /// not looked at, and that is what is wrong with it.
    #[must_use]
    pub fn errors(&self, value: &Value, root: &str) -> Vec<FieldError> {
        let bytes = bytes_of(value);
        if let Err(bytes_max) = bounds::affordable(self.weight, bytes) {
            let detail = format!("has {bytes} bytes of JSON; against a schema of this size at most {bytes_max} are checked");
            return vec![FieldError { pointer: root.to_owned(), detail }];
        }
        let field = |error: jsonschema::ValidationError<'_>| FieldError {
            pointer: format!("{root}{}", error.instance_path()),
            detail: shortened(&sentence(&error), ERROR_CHARS_MAX),
        };
        self.validator.iter_errors(value).take(ERRORS_MAX).map(field).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_checked_and_each_wrong_place_is_named() -> Result<(), SchemaError> {
        let schema = JsonSchema::compile(&json!({"type": "object", "required": ["a"], "properties": {"b": {"type": "integer"}}}))?;
        assert_eq!(schema.errors(&json!({"a": 1, "b": 2}), "/input"), []);
        let places: Vec<_> = schema.errors(&json!({"b": "x"}), "/input").into_iter().map(|error| error.pointer).collect();
        assert_eq!(places, ["/input", "/input/b"]);
        Ok(())
    }

    #[test]
    fn a_catastrophic_pattern_is_linear_and_a_huge_one_is_refused() -> Result<(), SchemaError> {
        let schema = JsonSchema::compile(&json!({"type": "string", "pattern": "^(a+)+$"}))?;
        assert_eq!(schema.errors(&json!(format!("{}!", "a".repeat(100_000))), "").len(), 1);
        assert!(JsonSchema::compile(&json!({"pattern": "(?:a{1000}){1000}"})).is_err());
        assert!(JsonSchema::compile(&json!({"pattern": "(a)\\1"})).is_err(), "what needs backtracking is refused");
        Ok(())
    }

    #[test]
    fn a_schema_and_a_value_that_are_too_much_work_together_are_refused_unseen() -> Result<(), SchemaError> {
        let numbers: Vec<u32> = (0..8_000).collect();
        let long = JsonSchema::compile(&json!({"items": {"enum": numbers}}))?;
        let patterns: Vec<_> = (0..60).map(|n| json!({"pattern": format!("(x+x+){n}y|[a-q]{{3,{n}}}z$")})).skip(3).collect();
        let slow = JsonSchema::compile(&json!({"anyOf": patterns}))?;
        let wide = json!(vec![9_999; 200_000]);
        for (schema, value) in [(&long, &wide), (&slow, &json!("x".repeat(1 << 20)))] {
            let errors = schema.errors(value, "/input");
            let bytes_max = bounds::affordable(schema.weight, bytes_of(value)).expect_err("it is more than the work that one check may be");
            assert!(errors.len() == 1 && errors[0].pointer == "/input", "neither was tried out: {errors:?}");
            assert!(errors[0].detail.ends_with(&format!("at most {bytes_max} are checked")), "{errors:?}");
        }
        assert_eq!(long.errors(&json!([1, 2, 3]), ""), [], "what is small meets the same schema");
        assert_eq!(JsonSchema::compile(&json!({"items": {"type": "integer"}}))?.errors(&wide, ""), [], "what is plain takes a whole input");
        Ok(())
    }

    #[test]
    fn what_is_no_schema_is_refused_with_its_place() {
        let error = JsonSchema::compile(&json!({"properties": {"a": {"type": "strng"}}})).expect_err("there is no such type");
        assert_eq!(error.pointer, "/properties/a/type");
        assert!(JsonSchema::compile(&json!({"$schema": "http://example.com/my-own"})).is_err());
    }
}

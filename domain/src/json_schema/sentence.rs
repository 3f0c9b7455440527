//! What a schema holds against a value, in words for whoever sent it.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;

/// Of so many forms it is told why none of them fits.
const FORMS_MAX: usize = 3;

/// The library's own words, except where those speak of the schema and not of the value.
pub fn sentence(error: &ValidationError<'_>) -> String {
    match error.kind() {
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            let reasons: Vec<String> = context.iter().filter_map(|form| form.first()).take(FORMS_MAX).map(reason).collect();
            format!("fits none of the allowed forms: {}", reasons.join("; or "))
        }
        Kind::OneOfMultipleValid { .. } => "fits several of the forms of which it has to fit exactly one".to_owned(),
        Kind::FalseSchema => "is not allowed here".to_owned(),
        _ => error.to_string(),
    }
}

/// Why one of the forms does not fit. What a form of a form says is left out: it would be more than anybody reads.
fn reason(error: &ValidationError<'_>) -> String {
    match error.kind() {
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } | Kind::OneOfMultipleValid { .. } => "it fits none of the forms there".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{JsonSchema, SchemaError};

    #[test]
    fn a_value_that_fits_no_form_hears_what_each_of_them_wants() -> Result<(), SchemaError> {
        let said = |schema: Value, value: Value| -> Result<String, SchemaError> {
            Ok(JsonSchema::compile(&schema)?.errors(&value, "").into_iter().map(|error| error.detail).collect())
        };
        let forms = json!([{ "type": "integer" }, { "maxLength": 2 }, { "oneOf": [{ "type": "null" }, { "const": 1 }] }]);
        let wanted = r#"fits none of the allowed forms: "abc" is not of type "integer"; or "abc" is longer than 2 characters; or it fits none of the forms there"#;
        assert_eq!(said(json!({ "anyOf": forms }), json!("abc"))?, wanted);
        assert_eq!(said(json!({ "oneOf": forms }), json!("abc"))?, wanted);
        let both = json!({ "oneOf": [{ "type": "integer" }, { "minimum": 0 }] });
        assert_eq!(said(both, json!(1))?, "fits several of the forms of which it has to fit exactly one");
        assert_eq!(said(json!({ "properties": { "a": false } }), json!({ "a": 1 }))?, "is not allowed here");
        Ok(())
    }

    #[test]
    fn what_is_no_schema_hears_it_in_the_same_words() {
        let Err(refused) = JsonSchema::compile(&json!({ "type": "strng" })) else { panic!("there is no such type") };
        assert!(refused.detail.starts_with("fits none of the allowed forms: ") && !refused.detail.contains("anyOf"), "{}", refused.detail);
    }
}

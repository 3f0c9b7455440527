//! What a developer says about an agent, and whether it can be saved.

use entities::agent::Category;
use entities::{Address, Amount};
use serde_json::Value;

use super::AgentError;
use crate::fault::FieldError;
use crate::json::holds_nul;
use crate::json_schema::{JsonSchema, SchemaError, compute};

/// All that a developer says about an agent.
#[derive(Debug, Clone)]
pub struct AgentDraft {
    /// 3 … 100 characters.
    pub name: String,
    /// 10 … 1000 characters.
    pub description: String,
    pub category: Category,
    pub price_atomic: Amount,
    /// The mint's address (base58).
    pub price_mint: String,
    /// A reference of a container image.
    pub image: String,
    pub input_schema: Value,
    pub output_schema: Value,
}

impl AgentDraft {
    /// Check everything at once. Takes milliseconds of a processor: hold no transaction meanwhile.
    ///
    /// # Errors
    /// [`AgentError::Draft`] with every field that is wrong.
    pub async fn check(&self) -> Result<(), AgentError> {
        let mut fields = self.plain_errors();
        let (input, output) = (self.input_schema.clone(), self.output_schema.clone());
        let compiled = compute(move || {
            let of_input = schema_error("/input_schema", &input).or_else(|| input_error(&input));
            [of_input, schema_error("/output_schema", &output)]
        });
        fields.extend(compiled.await.into_iter().flatten());
        if fields.is_empty() { Ok(()) } else { Err(AgentError::Draft { fields }) }
    }

    fn plain_errors(&self) -> Vec<FieldError> {
        let mut wrong = Vec::new();
        let mut refuse = |pointer: &str, detail: &str| wrong.push(FieldError { pointer: pointer.into(), detail: detail.into() });
        if !is_text_of(&self.name, 3, 100) {
            refuse("/name", "must have 3 to 100 characters, the first and the last of which show, and no control characters");
        }
        if !is_text_of(&self.description, 10, 1_000) {
            refuse("/description", "must have 10 to 1000 characters, the first and the last of which show, and no control characters");
        }
        if self.price_mint.parse::<Address>().is_err() {
            refuse("/price_mint", "must be the address of a mint: 32 bytes, written as 32 to 44 characters of base58");
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"./:@_-".contains(&byte);
        if !(1..=512).contains(&self.image.len()) || !self.image.bytes().all(plain) {
            refuse("/image", "must be an image reference: 1 to 512 letters, digits and . / : @ _ -");
        }
        wrong
    }
}

fn is_text_of(text: &str, chars_min: usize, chars_max: usize) -> bool {
    let plain = text.chars().all(|c| !c.is_control() || c == '\n' || c == '\t') && text.trim().len() == text.len();
    plain && (chars_min..=chars_max).contains(&text.chars().count())
}

fn schema_error(at: &str, schema: &Value) -> Option<FieldError> {
    if holds_nul(schema) {
        return Some(FieldError { pointer: at.into(), detail: "must not contain the character NUL".into() });
    }
    let SchemaError { pointer, detail } = JsonSchema::compile(schema).err()?;
    Some(FieldError { pointer: format!("{at}{pointer}"), detail })
}

/// An input is always an object: a schema that is none of objects would let no run begin.
fn input_error(schema: &Value) -> Option<FieldError> {
    let refuse = |at: &str, detail: &str| Some(FieldError { pointer: format!("/input_schema{at}"), detail: detail.into() });
    let Some(fields) = schema.as_object() else {
        return refuse("", "must be a schema of objects, because an input is one: for example {\"type\": \"object\"}");
    };
    let takes_objects = match fields.get("type") {
        None => true,
        Some(Value::Array(types)) => types.iter().any(|one| one == "object"),
        Some(one) => one == "object",
    };
    if takes_objects { None } else { refuse("/type", "must be \"object\", because an input is one") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn every_wrong_field_is_named_at_once() {
        let draft = AgentDraft {
            name: "ab".into(),
            description: " leads with a space".into(),
            category: Category::Utility,
            price_atomic: Amount::ZERO,
            price_mint: "0xabc".into(),
            image: "alpine; rm -rf /".into(),
            input_schema: json!({"type": "objekt"}),
            output_schema: json!({"$ref": "http://example.com"}),
        };
        let Err(AgentError::Draft { fields }) = draft.check().await else { panic!("the draft is refused") };
        let pointers: Vec<_> = fields.iter().map(|field| field.pointer.as_str()).collect();
        assert_eq!(pointers, ["/name", "/description", "/price_mint", "/image", "/input_schema/type", "/output_schema/$ref"]);
    }

    #[test]
    fn an_input_schema_is_one_of_objects() {
        let place = |schema: Value| input_error(&schema).map(|error| error.pointer);
        for right in [json!({}), json!({"type": "object"}), json!({"type": ["null", "object"]}), json!({"required": ["text"]})] {
            assert_eq!(place(right.clone()), None, "{right}");
        }
        assert_eq!(place(json!(true)).as_deref(), Some("/input_schema"));
        assert_eq!(place(json!(false)).as_deref(), Some("/input_schema"));
        assert_eq!(place(json!({"type": "string"})).as_deref(), Some("/input_schema/type"));
        assert_eq!(place(json!({"type": ["array", "null"]})).as_deref(), Some("/input_schema/type"));
    }

    #[tokio::test]
    async fn a_mint_is_an_address_of_thirty_two_bytes() {
        let draft = |price_mint: &str| AgentDraft {
            name: "Counter of words".into(),
            description: "Counts the words of a text.".into(),
            category: Category::Utility,
            price_atomic: Amount::ZERO,
            price_mint: price_mint.into(),
            image: "alpine:3".into(),
            input_schema: json!({}),
            output_schema: json!({}),
        };
        assert!(draft("So11111111111111111111111111111111111111112").check().await.is_ok());
        for wrong in ["1".repeat(33), "z".repeat(44), format!("{}0", "1".repeat(31)), String::new()] {
            let Err(AgentError::Draft { fields }) = draft(&wrong).check().await else { panic!("{wrong} is refused") };
            assert_eq!(fields.iter().map(|field| field.pointer.as_str()).collect::<Vec<_>>(), ["/price_mint"], "{wrong}");
        }
    }
}

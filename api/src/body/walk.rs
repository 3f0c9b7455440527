//! One walk over a document beside its schema: names get their one spelling, and everything that is wrong is written down.

use domain::FieldError;
use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use serde_json::{Map, Value};

use super::scalar;
use super::schema::Schema;
use super::spelling::snake;

/// A request with more mistakes than this gets the first ones.
pub const ERRORS_MAX: usize = 100;

/// The document with the schema's own spelling of every name.
///
/// # Errors
/// All that is wrong, each with its JSON pointer.
pub fn normalise(document: Value, schema: &Schema) -> Result<Value, Vec<FieldError>> {
    let mut walk = Walk { schema, errors: Vec::new() };
    let document = walk.value(document, schema.root(), "");
    walk.errors.truncate(ERRORS_MAX);
    if walk.errors.is_empty() { Ok(document) } else { Err(walk.errors) }
}

struct Walk<'a> {
    schema: &'a Schema,
    errors: Vec<FieldError>,
}

/// The fields of an object, those of every part of an `allOf` together.
#[derive(Default)]
struct Fields<'a> {
    declared: Vec<(&'static str, &'a MetaSchemaRef)>,
    required: Vec<&'static str>,
    others: Option<&'a MetaSchemaRef>,
}

impl<'a> Walk<'a> {
    fn value(&mut self, value: Value, schema: &'a MetaSchemaRef, at: &str) -> Value {
        let schema = self.schema.resolve(schema);
        if value.is_null() && schema.nullable {
            return value;
        }
        let choices = if schema.one_of.is_empty() { &schema.any_of } else { &schema.one_of };
        if !choices.is_empty() {
            return self.choice(value, schema, choices, at);
        }
        let mut fields = Fields::default();
        self.collect(schema, &mut fields);
        let is_object = schema.ty == "object" || !fields.declared.is_empty();
        if !is_object && !schema.all_of.is_empty() {
            // What is said about a field stands in a part beside what the field holds.
            return schema.all_of.iter().fold(value, |value, part| self.value(value, part, at));
        }
        match value {
            Value::Object(object) if is_object => Value::Object(self.object(object, &fields, at)),
            Value::Array(items) if schema.ty == "array" => Value::Array(self.array(items, schema, at)),
            other => {
                let wrong = match schema.ty {
                    _ if is_object => Some("must be an object".to_owned()),
                    "array" => Some("must be a list".to_owned()),
                    _ => scalar::fault(&other, schema, self.schema),
                };
                self.refuse_if(wrong, at);
                other
            }
        }
    }

    fn collect(&self, schema: &'a MetaSchema, fields: &mut Fields<'a>) {
        fields.declared.extend(schema.properties.iter().map(|(name, property)| (*name, property)));
        fields.required.extend(&schema.required);
        fields.others = fields.others.or(schema.additional_properties.as_deref());
        for part in &schema.all_of {
            self.collect(self.schema.resolve(part), fields);
        }
    }

    fn object(&mut self, object: Map<String, Value>, fields: &Fields<'a>, at: &str) -> Map<String, Value> {
        let mut named = Map::new();
        for (key, value) in object {
            let declared = fields.declared.iter().find(|(name, _)| *name == key);
            let spelled = snake(&key);
            match declared.or_else(|| fields.declared.iter().find(|(name, _)| *name == spelled)) {
                // Absent and null are the same for a field that may be missing, unless it is a flag: whoever names one means yes or no, and
                // what it guards must not happen because a program had no value for it.
                Some((name, property)) if value.is_null() && !self.keeps_null(name, property, fields) => {}
                Some((name, property)) => {
                    let value = self.value(value, property, &below(at, &key));
                    let earlier = named.insert((*name).to_owned(), value);
                    self.refuse_if(earlier.map(|_| format!("`{name}` is given twice, in two spellings")), &below(at, &key));
                }
                None => match fields.others {
                    Some(others) => {
                        let value = self.value(value, others, &below(at, &key));
                        named.insert(key, value);
                    }
                    None if fields.declared.is_empty() => drop(named.insert(key, value)),
                    None => {
                        let known: Vec<_> = fields.declared.iter().map(|(name, _)| *name).collect();
                        self.refuse_if(Some(format!("no such field; there are: {}", known.join(", "))), &below(at, &key));
                    }
                },
            }
        }
        for name in fields.required.iter().filter(|name| !named.contains_key(**name)) {
            self.refuse_if(Some("required".to_owned()), &below(at, name));
        }
        named
    }

    /// Whether null is looked at like every other value: the schema says so, it takes anything, or it is a flag.
    fn keeps_null(&self, name: &str, property: &'a MetaSchemaRef, fields: &Fields<'a>) -> bool {
        let schema = self.schema.resolve(property);
        schema.nullable || schema.ty == "boolean" || (schema.ty.is_empty() && schema.all_of.is_empty() && fields.required.contains(&name))
    }

    fn array(&mut self, items: Vec<Value>, schema: &'a MetaSchema, at: &str) -> Vec<Value> {
        let count = items.len();
        let too_many = schema.max_items.filter(|max| count > *max).map(|max| format!("must have at most {max} items, has {count}"));
        let too_few = schema.min_items.filter(|min| count < *min).map(|min| format!("must have at least {min} items, has {count}"));
        self.refuse_if(too_many.or(too_few), at);
        let Some(item_schema) = schema.items.as_deref() else { return items };
        let items: Vec<_> =
            items.into_iter().enumerate().map(|(index, item)| self.value(item, item_schema, &format!("{at}/{index}"))).collect();
        let twice = schema.unique_items == Some(true) && (1..count).any(|index| items[..index].contains(&items[index]));
        self.refuse_if(twice.then(|| "must not have an item twice".to_owned()), at);
        items
    }

    fn choice(&mut self, value: Value, schema: &'a MetaSchema, choices: &'a [MetaSchemaRef], at: &str) -> Value {
        if let Some(discriminator) = &schema.discriminator {
            let property = discriminator.property_name;
            let word = value.as_object().and_then(|object| object.iter().find(|(key, _)| snake(key) == property)?.1.as_str());
            let target = discriminator.mapping.iter().find(|(name, _)| Some(name.as_str()) == word).map(|(_, target)| target.as_str());
            let chosen = choices.iter().find(
                |choice| matches!(choice, MetaSchemaRef::Reference(name) if target.is_some_and(|t| t.ends_with(&format!("/{name}")))),
            );
            let Some(chosen) = chosen else {
                let words: Vec<_> = discriminator.mapping.iter().map(|(name, _)| name.as_str()).collect();
                self.refuse_if(Some(format!("must be one of: {}", words.join(", "))), &below(at, property));
                return value;
            };
            return self.value(value, chosen, at);
        }
        for choice in choices {
            let mut attempt = Walk { schema: self.schema, errors: Vec::new() };
            let fitting = attempt.value(value.clone(), choice, at);
            if attempt.errors.is_empty() {
                return fitting;
            }
        }
        self.refuse_if(Some("fits none of the allowed forms".to_owned()), at);
        value
    }

    fn refuse_if(&mut self, detail: Option<String>, at: &str) {
        self.errors.extend(detail.map(|detail| FieldError { pointer: at.to_owned(), detail }));
    }
}

/// The pointer of a field (RFC 6901 § 3).
pub(super) fn below(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

//! The schema of a type as poem-openapi describes it to clients, kept for as long as the process lives.

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::sync::{LazyLock, PoisonError, RwLock};

use poem_openapi::registry::{MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use regex::Regex;

use super::spelling::snake;
use crate::wire::VERBATIM;

/// A schema with everything that it refers to.
pub struct Schema {
    root: MetaSchemaRef,
    named: BTreeMap<String, MetaSchema>,
    patterns: HashMap<String, Regex>,
}

static KNOWN: LazyLock<RwLock<HashMap<TypeId, &'static Schema>>> = LazyLock::new(RwLock::default);

/// The schema of `T`; worked out once per type.
pub fn of<T: Type + 'static>() -> &'static Schema {
    let key = TypeId::of::<T>();
    if let Some(schema) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return schema;
    }
    // One small leak per type of body, and there are as many as there are operations.
    let schema: &'static Schema = Box::leak(Box::new(Schema::describe::<T>()));
    KNOWN.write().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert(schema)
}

impl Schema {
    fn describe<T: Type>() -> Self {
        let mut registry = Registry::new();
        T::register(&mut registry);
        let root = T::schema_ref();
        Self { root: root.clone(), ..Self::of_all(registry, [&root]) }
    }

    /// Many schemas that refer to one registry, and none of them the root of a document.
    pub fn of_all<'a>(registry: Registry, schemas: impl IntoIterator<Item = &'a MetaSchemaRef>) -> Self {
        let mut found = Vec::new();
        for named in registry.schemas.values() {
            collect_patterns(&MetaSchemaRef::Inline(Box::new(named.clone())), &mut found);
        }
        schemas.into_iter().for_each(|schema| collect_patterns(schema, &mut found));
        let patterns = found.into_iter().filter_map(|pattern| Some((pattern.clone(), Regex::new(&pattern).ok()?))).collect();
        Self { root: MetaSchemaRef::Inline(Box::new(MetaSchema::ANY)), named: registry.schemas, patterns }
    }

    pub fn root(&self) -> &MetaSchemaRef {
        &self.root
    }

    /// The schema behind a reference. One that is missing takes everything; poem-openapi registers all that it refers to.
    pub fn resolve<'a>(&'a self, schema: &'a MetaSchemaRef) -> &'a MetaSchema {
        static ANY: MetaSchema = MetaSchema::ANY;
        match schema {
            MetaSchemaRef::Inline(schema) => schema,
            MetaSchemaRef::Reference(name) => self.named.get(name).unwrap_or(&ANY),
        }
    }

    /// Whether a field of the document itself is taken as it is.
    pub fn is_verbatim(&self, field: &str) -> bool {
        let mut properties = self.resolve(&self.root).properties.iter();
        let property = properties.find(|(name, _)| *name == snake(field)).map(|(_, property)| self.resolve(property));
        property.is_some_and(|property| property.format == Some(VERBATIM))
    }

    pub fn pattern(&self, pattern: &str) -> Option<&Regex> {
        self.patterns.get(pattern)
    }
}

fn collect_patterns(schema: &MetaSchemaRef, found: &mut Vec<String>) {
    let MetaSchemaRef::Inline(schema) = schema else { return };
    found.extend(schema.pattern.clone());
    let parts = schema.any_of.iter().chain(&schema.one_of).chain(&schema.all_of);
    let inner = schema.items.iter().chain(&schema.additional_properties).map(Box::as_ref);
    for part in schema.properties.iter().map(|(_, property)| property).chain(parts).chain(inner) {
        collect_patterns(part, found);
    }
}

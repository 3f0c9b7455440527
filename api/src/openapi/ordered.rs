//! One order of keys, so that the committed file changes only when the API does.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;

/// The chapters in the order in which people read them.
const CHAPTERS: [&str; 6] = ["openapi", "info", "servers", "tags", "paths", "components"];

/// A document whose objects are written in a fixed order.
pub struct Ordered<'a> {
    value: &'a Value,
    first: &'static [&'static str],
}

impl<'a> Ordered<'a> {
    pub fn document(value: &'a Value) -> Self {
        Self { value, first: &CHAPTERS }
    }

    fn inner(value: &'a Value) -> Self {
        Self { value, first: &[] }
    }
}

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Object(object) => {
                let place = |key: &str| self.first.iter().position(|first| *first == key).unwrap_or(self.first.len());
                let mut keys: Vec<&String> = object.keys().collect();
                keys.sort_by_key(|key| (place(key), *key));
                let mut map = serializer.serialize_map(Some(keys.len()))?;
                for key in keys {
                    map.serialize_entry(key, &Ordered::inner(&object[key]))?;
                }
                map.end()
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(Ordered::inner)),
            plain => plain.serialize(serializer),
        }
    }
}

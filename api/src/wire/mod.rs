//! Values as they stand on the wire. Ids carry their type, money is a decimal string, times are RFC 3339.

mod count;
mod text;

pub use count::Count;
pub use text::{Id, Money, Time};

use domain::entities::{Amount, Timestamp};

/// A named format of the schema that says more than its pattern: what is wrong with a text, if something is.
#[must_use]
pub fn check_format(format: &str, text: &str) -> Option<String> {
    match format {
        "amount" => text.parse::<Amount>().err().map(|error| error.to_string()),
        "date-time" => text.parse::<Timestamp>().err().map(|error| error.to_string()),
        _ => None,
    }
}

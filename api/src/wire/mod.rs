//! Values as they stand on the wire. Ids carry their type, money is a decimal string, times are RFC 3339.

mod count;
mod page_size;
mod text;

pub use count::Count;
pub use page_size::PageSize;
pub use text::{Email, Id, Money, Time, VERBATIM, Verbatim, Wallet};

use domain::entities::{Address, Amount, EmailAddress, Timestamp};

use crate::convention::{IfMatch, LastEventId};

/// A named format of the schema that says more than its pattern: what is wrong with a text, if something is.
#[must_use]
pub fn check_format(format: &str, text: &str) -> Option<String> {
    match format {
        "amount" => text.parse::<Amount>().err().map(|error| error.to_string()),
        "entity-tag" => text.parse::<IfMatch>().err().map(str::to_owned),
        "event-number" => text.parse::<LastEventId>().err().map(str::to_owned),
        "address" => text.parse::<Address>().err().map(|error| error.to_string()),
        "email" => text.parse::<EmailAddress>().err().map(|error| error.to_string()),
        "date-time" => text.parse::<Timestamp>().err().map(|error| error.to_string()),
        _ => None,
    }
}

//! The doors of the house to what it does not own, one room each: they implement the ports of `domain` and know no rules.

pub mod mail;
pub mod secrets;

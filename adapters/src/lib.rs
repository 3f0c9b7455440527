//! The doors of the house to what it does not own, one room each: they implement the ports of `domain` and know no rules.

pub mod http_out;
pub mod mail;
pub mod secrets;

mod redis_limiter;

pub use redis_limiter::RedisLimiter;

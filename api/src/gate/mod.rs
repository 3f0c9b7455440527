//! What every request passes on its way in and out: its id, its span, its time limit, its measurements, the turnstile that counts it, and the door through which errors leave.

mod address;
mod cors;
mod door;
mod request_id;
mod turnstile;

pub use address::ClientAddress;
pub use cors::Cors;
pub use door::{Door, Gate};
pub use request_id::RequestId;
pub use turnstile::{Known, Turnstile, subject, tell};

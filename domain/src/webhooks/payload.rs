//! What is sent: type, time and data of an event, as one JSON text that stays the same for all tries.

use entities::Timestamp;
use serde_json::{Value, json};

/// The text of an event. One that is too large goes without its data, and says so.
pub fn payload(name: &str, at: Timestamp, data: &Value, bytes_max: u32) -> String {
    let whole = json!({ "type": name, "timestamp": at, "data": data }).to_string();
    if whole.len() <= bytes_max as usize {
        return whole;
    }
    json!({ "type": name, "timestamp": at, "data": {}, "data_omitted": true }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_goes_without_its_data() {
        let at = Timestamp::from_micros(1_000_000);
        let small = payload("execution.failed", at, &json!({ "state": "failed" }), 200);
        assert_eq!(small, r#"{"data":{"state":"failed"},"timestamp":"1970-01-01T00:00:01.000000Z","type":"execution.failed"}"#);
        let large = payload("execution.failed", at, &json!({ "text": "a".repeat(200) }), 200);
        assert!(large.len() < 200 && large.contains("data_omitted"), "{large}");
    }
}

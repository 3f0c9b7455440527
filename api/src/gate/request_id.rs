//! One id per request: the caller's own when it is fit to be logged, else a new one.

use platform::Ids;
use poem::Request;

/// Longest id that is taken over from a caller.
const LENGTH_MAX: usize = 128;

/// The id of a request; it stands in `X-Request-Id`, in `instance` of problems and in every log line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

impl RequestId {
    pub const HEADER: &'static str = "x-request-id";

    #[must_use]
    pub fn of(request: &Request, ids: &Ids) -> Self {
        let given = request.headers().get(Self::HEADER).and_then(|value| value.to_str().ok()).filter(|id| is_fit(id));
        Self(given.map_or_else(|| Self::make(ids), str::to_owned))
    }

    fn make(ids: &Ids) -> String {
        let id: uuid::Uuid = ids.next();
        format!("req_{}", id.as_simple())
    }
}

fn is_fit(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    !id.is_empty() && id.len() <= LENGTH_MAX && id.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::is_fit;

    #[test]
    fn an_id_that_could_forge_a_log_line_is_not_taken_over() {
        assert!(is_fit("7f0c-a_b.c:1"));
        for wrong in ["", "a b", "a\nb", "a\"b", &"a".repeat(129)] {
            assert!(!is_fit(wrong), "{wrong:?}");
        }
    }
}

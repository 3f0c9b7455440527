//! What somebody says about a webhook, and whether it can be saved.

use entities::webhook_endpoint::State;

use super::names::{EVENTS, is_pattern};
use super::{WebhookError, Webhooks};
use crate::fault::FieldError;

const EVENTS_MAX: usize = 50;
const DESCRIPTION_CHARS_MAX: usize = 500;

/// All that somebody says about a webhook.
#[derive(Debug, Clone)]
pub struct WebhookDraft {
    /// Where requests go: `https://…`, to an address that is public.
    pub url: String,
    /// 1 … 50 patterns of events.
    pub events: Vec<String>,
    /// At most 500 characters.
    pub description: Option<String>,
    /// Whether events are sent; absent it stays as it is.
    pub state: Option<State>,
}

impl Webhooks<'_> {
    /// Check everything at once. The name in the URL is not looked up: that is done for each request.
    pub(super) fn check(self, draft: &WebhookDraft) -> Result<(), WebhookError> {
        let http = self.domain.ports.http_out.as_deref().ok_or(WebhookError::NoHttp)?;
        let mut fields = Vec::new();
        let mut refuse = |pointer: String, detail: String| fields.push(FieldError { pointer, detail });
        if let Err(error) = http.check(&draft.url) {
            refuse("/url".into(), error.to_string());
        }
        if draft.events.is_empty() || draft.events.len() > EVENTS_MAX {
            refuse("/events".into(), format!("must have 1 to {EVENTS_MAX} entries"));
        }
        for (at, _) in draft.events.iter().enumerate().take(EVENTS_MAX).filter(|(_, event)| !is_pattern(event)) {
            refuse(format!("/events/{at}"), format!("must be `*`, a group such as `execution.*`, or one of {}", EVENTS.join(", ")));
        }
        let text = draft.description.as_deref().unwrap_or_default();
        if text.chars().count() > DESCRIPTION_CHARS_MAX || text.chars().any(|c| c.is_control() && c != '\n') {
            refuse("/description".into(), format!("must have at most {DESCRIPTION_CHARS_MAX} characters and no control characters"));
        }
        if fields.is_empty() { Ok(()) } else { Err(WebhookError::Draft { fields }) }
    }
}

//! The events as receivers know them, and patterns over their names.

use entities::event;

/// All events that may be asked for. A new one is a line here and one in [`public_name`].
pub const EVENTS: &[&str] = &[
    "agent.draft",
    "agent.pending_token_signature",
    "agent.pending_pool_signature",
    "agent.deployed",
    "agent.deactivated",
    "agent.failed",
    "agent.archived",
    "execution.queued",
    "execution.running",
    "execution.succeeded",
    "execution.failed",
    "execution.cancelled",
    "balance.low",
    "deposit.credited",
    "payment.received",
    "payment.sent",
    "payout.pending",
    "payout.confirmed",
    "payout.returned",
    "settlement.failed",
    "webhook.disabled",
];

/// The event of a test. It is sent when somebody asks for it, whatever the endpoint wants.
pub const TEST: &str = "webhook.test";

/// The name of an event for receivers; `None` for what is not told outside.
pub fn public_name(event: &event::Model) -> Option<&'static str> {
    let noun = match event.event.as_str() {
        "executionStateUpdate" => "execution",
        "agentStatusUpdate" => "agent",
        "balanceAlert" => "balance",
        "depositUpdate" => "deposit",
        "settlementFailed" => "settlement",
        "paymentReceived" | "paymentSent" => "payment",
        "payoutStateUpdate" => "payout",
        "webhookDisabled" => "webhook",
        _ => return None,
    };
    let state = event.data.get("state")?.as_str()?;
    EVENTS.iter().copied().find(|name| name.strip_prefix(noun).and_then(|rest| rest.strip_prefix('.')) == Some(state))
}

/// Whether a text asks for some event: a name, `execution.*`, or `*`.
pub fn is_pattern(text: &str) -> bool {
    EVENTS.iter().any(|name| matches(text, name))
}

/// Whether a pattern asks for that event.
pub fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        None => pattern == name,
        Some("") => true,
        Some(start) => start.ends_with('.') && name.starts_with(start),
    }
}

#[cfg(test)]
mod tests {
    use entities::{agent, execution};
    use sea_orm::Iterable as _;

    use super::*;

    #[test]
    fn every_state_has_its_event() {
        for state in execution::State::iter() {
            assert!(EVENTS.contains(&format!("execution.{}", state.name()).as_str()), "{}", state.name());
        }
        for state in agent::State::iter() {
            assert!(EVENTS.contains(&format!("agent.{}", state.name()).as_str()), "{}", state.name());
        }
    }

    #[test]
    fn a_pattern_is_a_name_a_group_or_everything() {
        for pattern in ["*", "execution.*", "execution.failed", "webhook.disabled"] {
            assert!(is_pattern(pattern), "{pattern}");
        }
        for other in ["", "execution", "execution.", "exec*", "execution.f*", "*.failed", "**", "webhook.test", "Execution.failed"] {
            assert!(!is_pattern(other), "{other}");
        }
        assert!(matches("execution.*", "execution.failed") && !matches("execution.*", "agent.failed"));
    }
}

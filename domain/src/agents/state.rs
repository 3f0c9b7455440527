//! The life of an agent: which event leads from which state to which. The database refuses every other change too.

pub use entities::agent::State;
use serde::{Deserialize, Serialize};

/// Something that happens to an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    InitiateDeployment,
    Archive,
    TokenCreationSuccess,
    Fail,
    Cancel,
    PoolCreationSuccess,
    Deactivate,
    Retry,
}

impl Event {
    pub const ALL: [Self; 8] = [
        Self::InitiateDeployment,
        Self::Archive,
        Self::TokenCreationSuccess,
        Self::Fail,
        Self::Cancel,
        Self::PoolCreationSuccess,
        Self::Deactivate,
        Self::Retry,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InitiateDeployment => "initiate_deployment",
            Self::Archive => "archive",
            Self::TokenCreationSuccess => "token_creation_success",
            Self::Fail => "fail",
            Self::Cancel => "cancel",
            Self::PoolCreationSuccess => "pool_creation_success",
            Self::Deactivate => "deactivate",
            Self::Retry => "retry",
        }
    }

    /// Whether a person may bring it about. The others are what the chain says.
    #[must_use]
    pub fn is_for_people(self) -> bool {
        matches!(self, Self::InitiateDeployment | Self::Archive | Self::Cancel | Self::Deactivate | Self::Retry)
    }
}

/// What the guards look at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context {
    /// The agent's token is on the chain already.
    pub has_token: bool,
}

/// The event means nothing in this state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{}` cannot happen to an agent that is {}", event.name(), state.name())]
pub struct RefusedTransition {
    pub state: State,
    pub event: Event,
}

/// The state that follows.
///
/// # Errors
/// [`RefusedTransition`] for 44 of the 56 pairs.
pub fn transition(state: State, event: Event, context: Context) -> Result<State, RefusedTransition> {
    use {Event as E, State as S};
    match (state, event) {
        (S::Draft, E::InitiateDeployment) => Ok(S::PendingTokenSignature),
        (S::PendingTokenSignature, E::Cancel) => Ok(S::Draft),
        (S::PendingPoolSignature, E::PoolCreationSuccess) => Ok(S::Deployed),
        (S::PendingTokenSignature, E::Fail) | (S::PendingPoolSignature, E::Fail | E::Cancel) => Ok(S::Failed),
        (S::Deployed, E::Deactivate) => Ok(S::Deactivated),
        (S::Failed, E::Retry) if !context.has_token => Ok(S::PendingTokenSignature),
        (S::PendingTokenSignature, E::TokenCreationSuccess) | (S::Failed, E::Retry) => Ok(S::PendingPoolSignature),
        (S::Draft | S::Deactivated | S::Failed, E::Archive) => Ok(S::Archived),
        (state, event) => Err(RefusedTransition { state, event }),
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::Iterable as _;

    use super::*;

    #[test]
    fn twelve_pairs_of_fifty_six_lead_on_and_the_others_are_refused() {
        let pairs: Vec<_> = State::iter().flat_map(|state| Event::ALL.map(|event| (state, event))).collect();
        let led: Vec<_> = pairs
            .iter()
            .filter_map(|(state, event)| {
                transition(*state, *event, Context::default()).ok().map(|to| format!("{} {} {}", state.name(), event.name(), to.name()))
            })
            .collect();
        assert_eq!((pairs.len(), pairs.len() - led.len()), (56, 44));
        assert_eq!(
            led,
            [
                "draft initiate_deployment pending_token_signature",
                "draft archive archived",
                "pending_token_signature token_creation_success pending_pool_signature",
                "pending_token_signature fail failed",
                "pending_token_signature cancel draft",
                "pending_pool_signature fail failed",
                "pending_pool_signature cancel failed",
                "pending_pool_signature pool_creation_success deployed",
                "deployed deactivate deactivated",
                "deactivated archive archived",
                "failed archive archived",
                "failed retry pending_token_signature",
            ]
        );
    }

    #[test]
    fn a_retry_goes_on_where_the_token_stands() {
        let retried = transition(State::Failed, Event::Retry, Context { has_token: true });
        assert_eq!(retried, Ok(State::PendingPoolSignature));
    }

    #[test]
    fn a_refusal_names_both_sides() {
        let refused = transition(State::Archived, Event::Retry, Context::default()).expect_err("archived is the end");
        assert_eq!(refused.to_string(), "`retry` cannot happen to an agent that is archived");
    }
}

//! What goes wrong between the house and the cluster, and what goes wrong on it.

/// A request that brought no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// Nobody is there, or somebody who does not answer in time, lags behind, or has had enough of us. Later it may work.
    #[error("the Solana node does not answer {call}: {reason}")]
    Unavailable { call: &'static str, reason: String },
    /// It understood and will not.
    #[error("the Solana node refuses {call}: {reason}")]
    Refused { call: &'static str, reason: String },
    /// It holds something else at that address than was asked for.
    #[error("{address} is not {expected}")]
    Unexpected { address: entities::Address, expected: &'static str },
}

impl crate::Fault for ChainError {
    fn class(&self) -> crate::Class {
        match self {
            Self::Unavailable { .. } => crate::Class::Unavailable,
            Self::Refused { .. } | Self::Unexpected { .. } => crate::Class::Refused,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "unavailable",
            Self::Refused { .. } | Self::Unexpected { .. } => "refused",
        }
    }
}

/// Why a transaction that ran has changed nothing: one instruction failed, or it could not begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct TransactionFailure {
    /// Which instruction failed, counted from 0.
    pub instruction: Option<u8>,
    /// The program's own number, where it gave one.
    pub code: Option<u32>,
    /// In the cluster's words.
    pub text: String,
}

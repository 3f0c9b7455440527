//! What can be asked of the ledger.

use std::time::Duration;

use entities::id::TransferId;
use entities::ledger_transfer::Kind;
use entities::{Amount, Timestamp};

use super::{Account, Transfer};

/// A movement that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTransfer {
    /// Made by whoever asks, and kept by them until they know what came of it.
    pub id: TransferId,
    pub debit: Account,
    pub credit: Account,
    pub amount: Amount,
    pub kind: Kind,
    pub reference: Option<String>,
    pub phase: Phase,
    /// How long whoever asked has waited. No part of what makes two requests the same.
    pub latency: Option<Duration>,
}

/// Whether it happens now, or is only held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Posted,
    /// Until somebody posts or voids it; it is voided when it expires.
    Pending {
        expires_at: Option<Timestamp>,
    },
}

/// One thing that the ledger is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Create(NewTransfer),
    /// Let a pending transfer happen.
    Post(TransferId),
    /// Let a pending transfer never have happened.
    Void(TransferId),
    /// Take back a posted transfer, once, by its opposite.
    Reverse {
        id: TransferId,
        original: TransferId,
    },
}

/// Steps that happen together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain(Vec<Step>);

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Posted {
    /// It was done now.
    Created(Transfer),
    /// It had been done before, exactly so; nothing was done now.
    Existed(Transfer),
}

impl NewTransfer {
    /// One that happens at once.
    #[must_use]
    pub fn new(id: TransferId, debit: Account, credit: Account, amount: Amount, kind: Kind) -> Self {
        Self { id, debit, credit, amount, kind, reference: None, phase: Phase::Posted, latency: None }
    }

    /// The same, only held.
    #[must_use]
    pub fn pending(self, expires_at: Option<Timestamp>) -> Self {
        Self { phase: Phase::Pending { expires_at }, ..self }
    }

    /// What is written on it: an empty text is none.
    pub(super) fn reference_text(&self) -> Option<&str> {
        self.reference.as_deref().filter(|text| !text.is_empty())
    }

    #[must_use]
    pub fn reference(self, reference: impl Into<String>) -> Self {
        Self { reference: Some(reference.into()), ..self }
    }
}

impl Chain {
    #[must_use]
    pub fn one(step: Step) -> Self {
        Self(vec![step])
    }

    #[must_use]
    pub fn linked(steps: Vec<Step>) -> Self {
        Self(steps)
    }

    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// How many transfers it makes.
    pub(super) fn transfers(&self) -> usize {
        self.0.iter().filter(|step| matches!(step, Step::Create(_) | Step::Reverse { .. })).count()
    }
}

impl Posted {
    #[must_use]
    pub fn transfer(&self) -> &Transfer {
        match self {
            Self::Created(transfer) | Self::Existed(transfer) => transfer,
        }
    }

    #[must_use]
    pub fn is_replay(&self) -> bool {
        matches!(self, Self::Existed(_))
    }
}

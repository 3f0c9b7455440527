//! A job on its way to its handler, and the ticket that its end is written on.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::mpsc;

use super::slots::Slot;
use crate::outcome::{JobError, Outcome};
use crate::run::Run;

/// A claimed job for a handler.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The word in the row; not every word is a kind that this program knows.
    pub kind: String,
    pub payload: Value,
    /// The W3C trace that the job belongs to.
    pub trace_id: Option<String>,
    pub run: Run,
}

/// The duty to say how an attempt ended. Whoever drops the last clone without a word releases the job; a panic is a word.
#[derive(Debug, Clone)]
pub struct Ticket(Arc<Open>);

#[derive(Debug)]
struct Open {
    run: Run,
    kind: String,
    keyed: bool,
    slot: Mutex<Option<Slot>>,
    ends: mpsc::UnboundedSender<End>,
}

/// An attempt that has ended, for the committer.
#[derive(Debug)]
pub struct End {
    pub run: Run,
    pub kind: String,
    pub keyed: bool,
    pub outcome: Outcome,
}

impl Ticket {
    pub(super) fn new(run: Run, kind: String, keyed: bool, slot: Slot, ends: mpsc::UnboundedSender<End>) -> Self {
        Self(Arc::new(Open { run, kind, keyed, slot: Mutex::new(Some(slot)), ends }))
    }

    /// Say how the attempt ended. Only the first word counts.
    pub fn finish(&self, outcome: Outcome) {
        self.0.finish(outcome);
    }
}

impl Open {
    fn finish(&self, outcome: Outcome) {
        let Some(slot) = self.slot.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        // The committer outlives every ticket but those of a process that is already gone; their leases run out.
        let _ = self.ends.send(End { run: self.run.clone(), kind: self.kind.clone(), keyed: self.keyed, outcome });
        drop(slot);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // A release costs nothing, so a handler that panics each time would be started for ever.
        let panicked = || Outcome::Errored(JobError::new("handler-panicked", "the handler of the job panicked"));
        self.finish(if std::thread::panicking() { panicked() } else { Outcome::Released });
    }
}

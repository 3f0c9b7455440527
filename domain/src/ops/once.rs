//! What an operator does: once under its key, audited, in one transaction; who waits for it is woken after the commit.

use ::jobs::{Signal, Wake};
use platform::Txn;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Actor, Ops, OpsError, audit};
use crate::idempotency::{self, Claim, Once};

/// What was done, for the caller, the audit log and the workers.
pub(super) struct Done<T> {
    pub answer: T,
    pub resource: Option<String>,
    pub detail: Option<Value>,
    pub signals: Vec<Signal>,
    pub wake: Option<Wake>,
}

impl<T> Done<T> {
    pub fn new(answer: T, resource: String) -> Self {
        Self { answer, resource: Some(resource), detail: None, signals: Vec::new(), wake: None }
    }

    pub fn detail(mut self, detail: Value) -> Self {
        self.detail = Some(detail);
        self
    }

    /// What was enqueued for it starts at once.
    pub fn enqueued(mut self, wake: Wake) -> Self {
        self.wake = Some(wake);
        self
    }

    pub fn waking(mut self, signals: impl IntoIterator<Item = Signal>) -> Self {
        self.signals.extend(signals);
        self
    }
}

impl Ops<'_> {
    /// Carry out an action.
    pub(super) async fn once<T: Serialize + DeserializeOwned>(
        &self,
        actor: &Actor,
        action: &str,
        claim: Option<&Claim>,
        act: impl AsyncFnOnce(&Txn) -> Result<Done<T>, OpsError>,
    ) -> Result<Once<T>, OpsError> {
        if let Some(earlier) = idempotency::earlier(self.domain.db(), claim).await? {
            return Ok(Once::Again(earlier));
        }
        let txn = idempotency::open(self.domain, claim).await?;
        if let Some(earlier) = idempotency::claim(self.domain, &txn, claim).await? {
            return Ok(Once::Again(earlier));
        }
        let Done { answer, resource, detail, signals, wake } = act(&txn).await?;
        tracing::info!(action, actor = actor.name(), resource, "an operator acted");
        audit::record(self.domain, &txn, actor, action, resource, detail).await?;
        idempotency::keep(&txn, claim, &answer).await?;
        txn.commit().await?;
        if let Some(wake) = wake {
            wake.send();
        }
        for signal in signals {
            self.domain.queue().bus().send(signal);
        }
        Ok(Once::First(answer))
    }
}

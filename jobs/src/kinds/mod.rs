//! The kinds of jobs: one file each, with the payload and the policy. `docs/adding-a-job.md` says how to add one.

mod apply_bulk;
mod deliver_webhook;
mod index_deposits;
mod post_intents;
mod probe;
mod prune_rows;
mod reconcile_custody;
mod reconcile_executions;
mod reconcile_payments;
mod reconcile_webhooks;
mod release_bond;
mod run_agent;
mod seal_batches;
mod send_mail;
mod settle_batch;
mod sweep_containers;
mod track_payout;
mod validate_indexes;
mod verify_deposit;
mod void_expired_transfers;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use apply_bulk::{ApplyBulk, BulkAction};
pub use deliver_webhook::DeliverWebhook;
pub use index_deposits::IndexDeposits;
pub use post_intents::PostIntents;
pub use probe::{Probe, ProbeAction, ProbeConcurrency};
pub use prune_rows::PruneRows;
pub use reconcile_custody::ReconcileCustody;
pub use reconcile_executions::ReconcileExecutions;
pub use reconcile_payments::ReconcilePayments;
pub use reconcile_webhooks::ReconcileWebhooks;
pub use release_bond::ReleaseBond;
pub use run_agent::RunAgent;
pub use seal_batches::SealBatches;
pub use send_mail::SendMail;
pub use settle_batch::SettleBatch;
pub use sweep_containers::SweepContainers;
pub use track_payout::TrackPayout;
pub use validate_indexes::ValidateIndexes;
pub use verify_deposit::VerifyDeposit;
pub use void_expired_transfers::VoidExpiredTransfers;

use crate::enqueue::NewJob;
use crate::policy::{Concurrency, Policy, Unique};

/// A payload with its policy. It carries ids, never data that can grow stale and never secrets; running it twice is running it once.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    const KIND: JobKind;
    const POLICY: Policy;
    /// The fields of the payload, for an operator who makes one by hand; `None` when there are none.
    const FIELDS: Option<&'static str> = None;

    /// At most one job for a key.
    fn unique(&self) -> Option<Unique> {
        None
    }

    /// What must not happen at the same time.
    fn concurrency(&self) -> Option<Concurrency> {
        None
    }

    /// The path of the resource that the job is about, for its operation.
    fn resource(&self) -> Option<String> {
        None
    }
}

macro_rules! job_kinds {
    ($($kind:ident = $name:literal),+ $(,)?) => {
        /// The closed list of kinds.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum JobKind { $($kind),+ }

        impl JobKind {
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The word in the row, on the wire and in logs.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name),+ }
            }

            /// The kind of that name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$kind),)+ _ => None }
            }

            #[must_use]
            pub fn policy(self) -> Policy {
                match self { $(Self::$kind => <$kind as Job>::POLICY),+ }
            }

            /// The fields of its payload, in words.
            #[must_use]
            pub fn fields(self) -> Option<&'static str> {
                match self { $(Self::$kind => <$kind as Job>::FIELDS),+ }
            }

            /// Check that a payload is one of this kind.
            ///
            /// # Errors
            /// What is wrong with it.
            pub fn check(self, payload: &serde_json::Value) -> Result<(), serde_json::Error> {
                match self { $(Self::$kind => serde::Deserialize::deserialize(payload).map(|_: $kind| ())),+ }
            }

            /// A job of this kind with a payload that came as JSON, with the keys and the resource that the payload asks for.
            ///
            /// # Errors
            /// What is wrong with the payload.
            pub fn job(self, payload: &serde_json::Value) -> Result<NewJob, serde_json::Error> {
                match self { $(Self::$kind => serde::Deserialize::deserialize(payload).and_then(|job: $kind| NewJob::written(&job))),+ }
            }
        }
    };
}

job_kinds! {
    ApplyBulk = "apply_bulk",
    DeliverWebhook = "deliver_webhook",
    IndexDeposits = "index_deposits",
    PostIntents = "post_intents",
    Probe = "probe",
    PruneRows = "prune_rows",
    ReconcileCustody = "reconcile_custody",
    ReconcileExecutions = "reconcile_executions",
    ReconcilePayments = "reconcile_payments",
    ReconcileWebhooks = "reconcile_webhooks",
    ReleaseBond = "release_bond",
    RunAgent = "run_agent",
    SealBatches = "seal_batches",
    SendMail = "send_mail",
    SettleBatch = "settle_batch",
    SweepContainers = "sweep_containers",
    TrackPayout = "track_payout",
    ValidateIndexes = "validate_indexes",
    VerifyDeposit = "verify_deposit",
    VoidExpiredTransfers = "void_expired_transfers",
}

impl std::fmt::Display for JobKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

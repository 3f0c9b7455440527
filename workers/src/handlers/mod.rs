//! One handler per job kind. A handler tells the story; whether the job comes back is decided in [`outcome`](crate::outcome).

pub mod apply_bulk;
pub mod deliver_webhook;
pub mod index_deposits;
pub mod post_intents;
pub mod probe;
pub mod prune_rows;
pub mod reconcile_custody;
pub mod reconcile_executions;
pub mod reconcile_payments;
pub mod reconcile_webhooks;
pub mod release_bond;
pub mod run_agent;
pub mod seal_batches;
pub mod send_mail;
pub mod settle_batch;
pub mod sweep_containers;
pub mod track_payout;
pub mod validate_indexes;
pub mod verify_deposit;
pub mod void_expired_transfers;

/// What handlers have to know of the process's settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether a probe may take the process down.
    pub probes_may_abort: bool,
    /// How long finished jobs are kept.
    pub jobs: jobs::Settings,
    /// How long a run may be put off because the engine or a registry is in trouble.
    pub trouble_seconds_max: u32,
}

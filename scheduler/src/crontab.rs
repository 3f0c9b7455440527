//! What runs by the clock.

use jobs::kinds::JobKind;
use jobs::store::schedules::{CatchUp, Entry};
use serde_json::json;

/// All entries. Changing one here changes its row at the next start; whether it is paused stays with the operators.
#[must_use]
pub fn entries() -> Vec<Entry> {
    vec![
        entry("index_deposits", JobKind::IndexDeposits, "*/5 * * * * *", CatchUp::Skip),
        entry("prune_rows", JobKind::PruneRows, "0 17 * * * *", CatchUp::Latest),
        entry("reconcile_custody", JobKind::ReconcileCustody, "20 * * * * *", CatchUp::Skip),
        entry("reconcile_executions", JobKind::ReconcileExecutions, "30 * * * * *", CatchUp::Skip),
        entry("reconcile_payments", JobKind::ReconcilePayments, "45 */5 * * * *", CatchUp::Skip),
        entry("reconcile_webhooks", JobKind::ReconcileWebhooks, "45 * * * * *", CatchUp::Skip),
        entry("seal_batches", JobKind::SealBatches, "*/5 * * * * *", CatchUp::Skip),
        entry("validate_indexes", JobKind::ValidateIndexes, "0 30 3 * * *", CatchUp::Latest),
        entry("void_expired_transfers", JobKind::VoidExpiredTransfers, "15 * * * * *", CatchUp::Skip),
    ]
}

fn entry(name: &'static str, kind: JobKind, cron: &'static str, catch_up: CatchUp) -> Entry {
    Entry { name, kind, payload: json!({}), cron, timezone: "UTC", catch_up }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CronExpression;

    /// Whatever becomes of the pool that runs containers, an execution whose job is over comes to its end within a minute.
    #[test]
    fn executions_end_by_the_clock_and_without_an_engine() {
        let entry = entries().into_iter().find(|entry| entry.kind == JobKind::ReconcileExecutions).expect("it is there");
        assert_eq!((entry.kind.policy().pool, entry.cron), (jobs::Pool::Upkeep, "30 * * * * *"));
    }

    #[test]
    fn every_entry_can_be_read_and_its_payload_fits_its_kind() {
        for entry in entries() {
            assert!(CronExpression::parse(entry.cron, entry.timezone).is_ok(), "{}", entry.name);
            assert!(entry.kind.check(&entry.payload).is_ok(), "{}", entry.name);
        }
    }
}

//! The rules, told as stories and held against both engines.

mod accounts;
mod agents;
mod api_keys;
mod bonds;
mod bulk;
mod cancel;
mod codes;
mod containers;
mod deposits;
mod devices;
mod entitlements;
mod events;
mod google;
mod idempotency;
mod intents;
mod ledger;
mod ledger_breaks;
mod ledger_random;
mod limits;
mod lists;
mod logs;
mod ops;
mod payments;
mod payments_random;
mod payments_told;
mod profiles;
mod reconciliation;
mod retention;
mod runs;
mod schedules;
mod searches;
mod secrets;
mod sign_ins;
mod stats;
mod wallets;
mod webhook_deliveries;
mod webhook_pressure;
mod webhooks;

/// One test for each engine.
#[macro_export]
macro_rules! on_every_engine {
    ($($claim:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")] async fn $claim() { super::$claim(testkit::World::on(testkit::Kind::Sqlite).await).await; })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")] async fn $claim() { super::$claim(testkit::World::on(testkit::Kind::Postgres).await).await; })+
        }
    };
}

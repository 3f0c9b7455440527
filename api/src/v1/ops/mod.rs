//! `/v1/ops`: for observers to look at and for architects to act in.

mod act;
mod bulk;
mod deposits;
mod filter;
mod job;
mod jobs;
mod keys;
mod pools;
mod profiles;
mod reconciliation;
mod schedules;
mod users;
mod workers;

use crate::App;

pub type OpsApis = (
    jobs::JobsApi,
    act::ActApi,
    bulk::BulkApi,
    pools::PoolsApi,
    workers::WorkersApi,
    schedules::SchedulesApi,
    users::UsersApi,
    profiles::ProfilesApi,
    (deposits::DepositsApi, reconciliation::ReconciliationApi),
    keys::KeysApi,
);

pub fn apis(app: &App) -> OpsApis {
    let domain = || app.domain.clone();
    (
        jobs::JobsApi { domain: domain(), operations: app.operations.clone() },
        act::ActApi { domain: domain() },
        bulk::BulkApi { domain: domain(), operations: app.operations.clone() },
        pools::PoolsApi { domain: domain() },
        workers::WorkersApi { domain: domain() },
        schedules::SchedulesApi { domain: domain() },
        users::UsersApi { domain: domain() },
        profiles::ProfilesApi { domain: domain() },
        (deposits::DepositsApi { domain: domain() }, reconciliation::ReconciliationApi { domain: domain() }),
        keys::KeysApi { domain: domain() },
    )
}

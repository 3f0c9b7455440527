//! The operations under `/v1`, one file per noun. What they have in common stands in [`crate::convention`].

mod agents;
mod auth;
mod deposits;
mod devices;
mod entitlements;
mod executions;
mod keys;
mod operations;
mod ops;
mod payments;
mod payouts;
mod profiles;
mod tokens;
mod users;
mod webhooks;

use poem::{IntoEndpoint as _, endpoint::BoxEndpoint};
use poem_openapi::{OpenApi, OpenApiService, Tags};

use crate::App;
use crate::health::HealthApi;
use crate::key_set::KeySetApi;
use crate::parameters::Checked;

pub use operations::{Operation, OperationState};

/// The chapters of the description.
#[derive(Tags)]
#[oai(rename_all = "snake_case")]
pub enum Tag {
    /// Whether the process lives and can work.
    Health,
    /// Signing in.
    Auth,
    /// Who the caller is.
    Users,
    /// Keys for programs.
    Keys,
    /// Devices that act for somebody.
    Devices,
    /// What developers sell, and who may run it.
    Agents,
    /// Runs of agents.
    Executions,
    /// Jobs as their owners see them.
    Operations,
    /// What agents pay and vendors earn.
    Payments,
    /// Events that are sent to where their owners want them.
    Webhooks,
    /// Jobs, pools, workers and schedules as those see them who run the house.
    Ops,
}

/// All of them. A new file adds its API here and in [`apis`].
pub type Apis = (
    HealthApi,
    KeySetApi,
    auth::AuthApi,
    auth::BrowserApi,
    auth::EmailApi,
    auth::GoogleApi,
    (users::UsersApi, profiles::ProfilesApi, tokens::TokensApi),
    (keys::KeysApi, keys::KeyAliasesApi, devices::DevicesApi),
    agents::AgentsApi,
    entitlements::EntitlementsApi,
    executions::ExecutionsApi,
    operations::OperationsApi,
    (payments::PaymentsApi, payments::BondsApi, payments::EarningsApi, payouts::PayoutsApi, payments::GatewayApi, deposits::DepositsApi),
    webhooks::WebhooksApi,
    webhooks::DeliveriesApi,
    ops::OpsApis,
);

fn apis(app: &App) -> Apis {
    (
        HealthApi { app: app.clone() },
        KeySetApi { app: app.clone() },
        auth::AuthApi { app: app.clone() },
        auth::BrowserApi { app: app.clone() },
        auth::EmailApi { app: app.clone() },
        auth::GoogleApi { app: app.clone() },
        (
            users::UsersApi { domain: app.domain.clone() },
            profiles::ProfilesApi { domain: app.domain.clone() },
            tokens::TokensApi { domain: app.domain.clone() },
        ),
        (
            keys::KeysApi { domain: app.domain.clone() },
            keys::KeyAliasesApi { domain: app.domain.clone() },
            devices::DevicesApi { app: app.clone() },
        ),
        agents::AgentsApi { domain: app.domain.clone() },
        entitlements::EntitlementsApi { domain: app.domain.clone() },
        executions::ExecutionsApi {
            domain: app.domain.clone(),
            operations: app.operations.clone(),
            followers: executions::Followers::new(app.settings.followers_max, app.settings.followers_of_caller_max),
        },
        operations::OperationsApi { operations: app.operations.clone() },
        (
            payments::PaymentsApi { domain: app.domain.clone() },
            payments::BondsApi { domain: app.domain.clone(), operations: app.operations.clone() },
            payments::EarningsApi { domain: app.domain.clone() },
            payouts::PayoutsApi { domain: app.domain.clone(), operations: app.operations.clone() },
            payments::GatewayApi { domain: app.domain.clone(), operations: app.operations.clone() },
            deposits::DepositsApi { domain: app.domain.clone(), operations: app.operations.clone() },
        ),
        webhooks::WebhooksApi { domain: app.domain.clone() },
        webhooks::DeliveriesApi { domain: app.domain.clone(), operations: app.operations.clone() },
        ops::apis(app),
    )
}

/// The description and the routes of some APIs.
pub fn describe<T: OpenApi>(apis: T) -> OpenApiService<T, ()> {
    OpenApiService::new(apis, "Tallyman", env!("CARGO_PKG_VERSION"))
        .description("The backend of an agent marketplace, built around one durable job queue.")
        .server("/")
}

/// The routes.
#[must_use]
pub fn service(app: &App) -> BoxEndpoint<'static> {
    describe(Checked(apis(app))).into_endpoint()
}

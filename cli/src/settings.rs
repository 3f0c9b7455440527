//! Every member's settings, read once.

use std::error::Error;
use std::path::PathBuf;

use domain::ports::sandbox::RunLimits;
use domain::siws::Site;
use platform::DbSettings;
use platform::config::{Config, ConfigError};
use platform::telemetry::TelemetrySettings;
use serde::Deserialize;

use crate::bounds;
use crate::dev_chain::DevChainSettings;

const SECTIONS: &[&str] = &[
    "agents",
    "api",
    "api_keys",
    "app",
    "database",
    "deposits",
    "dev_chain",
    "devices",
    "executions",
    "ingress",
    "jobs",
    "keeping",
    "limits",
    "lists",
    "mail",
    "outbound",
    "payments",
    "pools",
    "redis",
    "sandbox",
    "scheduler",
    "secrets",
    "settlements",
    "sign_in",
    "solana",
    "telemetry",
    "webhooks",
];

/// All that this process was told.
#[derive(Debug)]
pub struct Settings {
    pub app: App,
    pub agents: domain::agents::Settings,
    pub api: api::Settings,
    pub api_keys: domain::api_keys::Settings,
    pub database: DbSettings,
    pub deposits: domain::deposits::Settings,
    pub dev_chain: DevChainSettings,
    pub devices: domain::devices::Settings,
    pub redis: Redis,
    pub jobs: jobs::Settings,
    pub ingress: jobs::ingress::Settings,
    pub pools: Pools,
    pub scheduler: scheduler::Settings,
    pub sandbox: workers::sandbox::Settings,
    pub executions: RunLimits,
    pub keeping: domain::Keeping,
    pub mail: adapters::mail::Settings,
    pub outbound: adapters::http_out::Settings,
    pub payments: domain::payments::Settings,
    pub secrets: adapters::secrets::Settings,
    pub limits: domain::limits::Settings,
    pub lists: domain::paging::Settings,
    pub settlements: domain::settlements::Settings,
    pub sign_in: domain::sign_in::Settings,
    pub solana: chain::Settings,
    pub telemetry: TelemetrySettings,
    pub webhooks: domain::webhooks::Settings,
}

/// Section `app`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct App {
    pub env: Env,
    /// Where the embedded database, keys and outboxes are.
    pub data_dir: PathBuf,
}

/// How careful the process is: production refuses defaults that only development may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Env {
    Development,
    Production,
}

impl Default for App {
    fn default() -> Self {
        Self { env: Env::Development, data_dir: "./data".into() }
    }
}

/// Section `redis`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Redis {
    /// `redis://host:6379`. Absent: wake-ups travel over the database.
    pub url: Option<String>,
}

/// Section `pools`: jobs at once, per worker process.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pools {
    pub containers: u32,
    pub settlement: u32,
    pub keys: u32,
    pub vaults: u32,
    pub embeddings: u32,
    pub simulation: u32,
    pub indexer: u32,
    pub notify: u32,
    pub tools: u32,
    pub upkeep: u32,
}

impl Default for Pools {
    fn default() -> Self {
        Self { containers: 4, settlement: 2, keys: 2, vaults: 4, embeddings: 2, simulation: 8, indexer: 2, notify: 32, tools: 8, upkeep: 2 }
    }
}

impl Pools {
    pub fn of(&self, pool: jobs::Pool) -> u32 {
        use jobs::Pool;
        match pool {
            Pool::Containers => self.containers,
            Pool::Settlement => self.settlement,
            Pool::Keys => self.keys,
            Pool::Vaults => self.vaults,
            Pool::Embeddings => self.embeddings,
            Pool::Simulation => self.simulation,
            Pool::Indexer => self.indexer,
            Pool::Notify => self.notify,
            Pool::Tools => self.tools,
            Pool::Upkeep => self.upkeep,
        }
    }
}

impl Settings {
    /// All settings, each of which makes sense.
    ///
    /// # Errors
    /// When one is unknown, cannot be read, or is a number with which nothing would work.
    pub fn load() -> Result<Self, Box<dyn Error>> {
        Self::checked(&Config::load(SECTIONS)?)
    }

    /// The same from a given environment, without a file.
    ///
    /// # Errors
    /// As [`Settings::load`].
    #[cfg(test)]
    pub fn of(environment: &std::collections::BTreeMap<String, String>) -> Result<Self, Box<dyn Error>> {
        Self::checked(&Config::from_parts(None, environment, SECTIONS)?)
    }

    fn checked(config: &Config) -> Result<Self, Box<dyn Error>> {
        let settings = Self::read(config)?;
        settings.jobs.check().map_err(|wrong| wrong.written_in(config))?;
        settings.limits.check()?;
        settings.scheduler.check().map_err(|wrong| wrong.written_in(config))?;
        settings.solana.check()?;
        bounds::check(&settings, config)?;
        Ok(settings)
    }

    fn read(config: &Config) -> Result<Self, ConfigError> {
        Ok(Self {
            app: config.section("app")?,
            agents: config.section("agents")?,
            api: config.section("api")?,
            api_keys: config.section("api_keys")?,
            database: config.section("database")?,
            deposits: config.section("deposits")?,
            dev_chain: config.section("dev_chain")?,
            devices: config.section("devices")?,
            redis: config.section("redis")?,
            jobs: config.section("jobs")?,
            ingress: config.section("ingress")?,
            pools: config.section("pools")?,
            scheduler: config.section("scheduler")?,
            sandbox: config.section("sandbox")?,
            executions: config.section("executions")?,
            keeping: config.section("keeping")?,
            mail: config.section("mail")?,
            outbound: config.section("outbound")?,
            payments: config.section("payments")?,
            secrets: config.section("secrets")?,
            limits: config.section("limits")?,
            lists: config.section("lists")?,
            settlements: config.section("settlements")?,
            sign_in: config.section("sign_in")?,
            solana: config.section("solana")?,
            telemetry: config.section("telemetry")?,
            webhooks: config.section("webhooks")?,
        })
    }

    /// What the rules need to know.
    pub fn rules(&self) -> domain::Settings {
        domain::Settings {
            agents: self.agents.clone(),
            api_keys: self.api_keys.clone(),
            deposits: self.deposits.clone(),
            devices: self.devices.clone(),
            executions: self.executions.clone(),
            keeping: self.keeping.clone(),
            limits: self.limits.clone(),
            lists: self.lists.clone(),
            payments: self.payments.clone(),
            settlements: self.settlements.clone(),
            sign_in: self.sign_in.clone(),
            webhooks: self.webhooks.clone(),
            site: Site::new(&self.api.public_url(), self.solana.chain()),
        }
    }

    /// Where the rows are: as told, or the embedded database in the data directory.
    pub fn database_url(&self) -> String {
        let embedded = || format!("sqlite://{}?mode=rwc", self.app.data_dir.join("tallyman.db").display());
        self.database.url.clone().unwrap_or_else(embedded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_has_set_makes_sense() {
        let nothing = Config::default();
        let settings = Settings::read(&nothing).expect("every field has a default");
        bounds::check(&settings, &nothing).expect("every default is within its bounds");
        let (body, input) = (settings.api.body_bytes_max, settings.executions.input_bytes_max);
        assert!(body > input as usize, "an input as large as it may be fits into a body: {body} > {input}");
    }
}

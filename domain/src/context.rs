//! What every rule stands on: the database, the queue, time, chance, settings, and the ports that this process has.

use std::sync::Arc;

use entities::Timestamp;
use jobs::Queue;
use platform::{Clock, Db, Rng};
use tokio::sync::Notify;

use crate::accounts::{Accounts, Standings};
use crate::agents::Agents;
use crate::api_keys;
use crate::devices;
use crate::entitlements::Entitlements;
use crate::executions::Executions;
use crate::json_schema::SchemaCache;
use crate::keyring::Keyring;
use crate::limits::{Held, Limits};
use crate::mail::Mails;
use crate::ops::Counted;
use crate::payments;
use crate::ports::chain::{Chain, Treasury};
use crate::ports::http_out::HttpOut;
use crate::ports::limiter::Limiter;
use crate::ports::mailer::Mailer;
use crate::ports::sandbox::Sandbox;
use crate::ports::schema::Schema;
use crate::ports::secrets::Secrets;
use crate::settings::Settings;
use crate::sign_in::KeyBook;
use crate::siws::Site;
use crate::webhooks::Webhooks;

/// The rules with all that they need. Cheap to clone.
#[derive(Clone)]
pub struct Domain {
    pub(crate) db: Db,
    pub(crate) queue: Queue,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) ports: Ports,
    pub(crate) schemas: SchemaCache,
    pub(crate) counted: Counted,
    pub(crate) held: Held,
    pub(crate) standings: Standings,
    pub(crate) provider_keys: KeyBook,
    pub(crate) api_keys_known: api_keys::Known,
    pub(crate) devices_known: devices::Known,
    pub(crate) payments_desk: payments::Desk,
    /// Somebody in this process has written something that others here may be waiting for.
    pub(crate) changes: Arc<Notify>,
}

/// The doors that this process can open. An API process has no sandbox; what needs one is left to a worker.
#[derive(Clone, Default)]
pub struct Ports {
    pub sandbox: Option<Arc<dyn Sandbox>>,
    pub schema: Option<Arc<dyn Schema>>,
    pub mailer: Option<Arc<dyn Mailer>>,
    pub secrets: Option<Arc<dyn Secrets>>,
    /// To addresses that somebody else chose.
    pub http_out: Option<Arc<dyn HttpOut>>,
    /// The Solana cluster. Absent: none is configured.
    pub chain: Option<Arc<dyn Chain>>,
    /// Moves the platform's own tokens; only workers of the pool `settlement` have it.
    pub treasury: Option<Arc<dyn Treasury>>,
    /// Counts for all processes together without asking the database. Absent: the database counts.
    pub limiter: Option<Arc<dyn Limiter>>,
}

impl Domain {
    #[must_use]
    pub fn new(db: Db, queue: Queue, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>, settings: Settings, ports: Ports) -> Self {
        let payments_desk = payments::Desk::new(&settings.payments);
        Self {
            db,
            queue,
            clock,
            rng,
            settings: Arc::new(settings),
            ports,
            schemas: SchemaCache::default(),
            counted: Counted::default(),
            held: Held::default(),
            standings: Standings::default(),
            provider_keys: KeyBook::default(),
            api_keys_known: api_keys::Known::default(),
            devices_known: devices::Known::default(),
            payments_desk,
            changes: Arc::default(),
        }
    }

    /// Be reached there from now on: a port that the system chose is known only when it was taken. Before anything holds a clone of this.
    pub fn answer_at(&mut self, site: Site) {
        Arc::make_mut(&mut self.settings).site = site;
    }

    /// Who may call.
    #[must_use]
    pub fn accounts(&self) -> Accounts<'_> {
        Accounts { domain: self }
    }

    /// What developers sell.
    #[must_use]
    pub fn agents(&self) -> Agents<'_> {
        Agents { domain: self }
    }

    /// Who may run what.
    #[must_use]
    pub fn entitlements(&self) -> Entitlements<'_> {
        Entitlements { domain: self }
    }

    /// Runs of agents.
    #[must_use]
    pub fn executions(&self) -> Executions<'_> {
        Executions { domain: self }
    }

    /// Values that are sealed where they are stored.
    #[must_use]
    pub fn keyring(&self) -> Keyring<'_> {
        Keyring { domain: self }
    }

    /// Mails on their way to people.
    #[must_use]
    pub fn mails(&self) -> Mails<'_> {
        Mails { domain: self }
    }

    /// How often something may happen.
    #[must_use]
    pub fn limits(&self) -> Limits<'_> {
        Limits { domain: self }
    }

    /// Events on their way to where their owners want them.
    #[must_use]
    pub fn webhooks(&self) -> Webhooks<'_> {
        Webhooks { domain: self }
    }

    pub(crate) fn changed(&self) {
        self.changes.notify_waiters();
    }

    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    #[must_use]
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    #[must_use]
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// The time of day, for rows. Due times compare with the database's own clock instead.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now().into()
    }
}

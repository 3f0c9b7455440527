//! What every role stands on, put together once.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use adapters::RedisLimiter;
use api::auth::{KeyError, OtherKeys, PublicKey, SigningKey, Tokens, check_given};
use async_trait::async_trait;
use chain::HotTreasury;
use domain::executions::{ContainerRows, installation_id};
use domain::ports::limiter::{Limiter, LimiterError};
use domain::ports::schema::{Schema, SchemaError};
use domain::{Domain, Ports};
use jobs::{Carrier, Queue, WakeBus};
use migrations::{Migrator, MigratorTrait as _};
use platform::config::Hidden;
use platform::telemetry::Telemetry;
use platform::{Clock, Db, Engine, Ids, Rng, SystemClock, SystemRng, Tasks};
use workers::sandbox::DockerSandbox;

use crate::causes::in_one_line;
use crate::cluster::{Cluster, Solana};
use crate::commands::migrate;
use crate::outward;
use crate::sandbox;
use crate::settings::{Env, Settings};

/// How an API gets a name.
pub const NAME_ADVICE: &str = "set PUBLIC_URL to the URL at which browsers and devices reach the API, such as https://tallyman.example.com";

/// Database, queue, rules and the tasks of this process.
pub struct House {
    pub settings: Settings,
    pub telemetry: Telemetry,
    pub tasks: Tasks,
    pub db: Db,
    pub bus: WakeBus,
    pub domain: Domain,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
    pub sandbox: Option<Arc<DockerSandbox>>,
    pub cluster: Cluster,
    /// Tells this process from every other, also from its own next start.
    pub name: String,
}

/// What this process does with mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mails {
    No,
    /// It promises codes by mail, as far as the settings say so, and others send them.
    Promises,
    Sends,
}

/// Whether this process runs containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Containers {
    No,
    /// Without an engine's supervisor the rest goes on.
    IfPossible,
    Must,
}

impl House {
    /// # Errors
    /// When a setting is wrong, the database is away, or its schema is not the one that this program knows.
    pub async fn open(containers: Containers, mails: Mails, solana: Solana) -> Result<Self, Box<dyn Error>> {
        let settings = Settings::load()?;
        let telemetry = Telemetry::start(&settings.telemetry, "tallyman")?;
        check(&settings)?;
        let secrets = outward::secrets(&settings)?;
        let mailer = match mails {
            Mails::Sends => Some(outward::mailer(&settings)?),
            Mails::Promises if settings.sign_in.email_codes => settings.mail.check(settings.app.env == Env::Production).map(|()| None)?,
            Mails::Promises | Mails::No => None,
        };
        let cluster = Cluster::of(solana, &settings, &*secrets).await?;
        let db = database(&settings).await?;
        prepare_schema(&db, &settings).await?;
        let (clock, rng): (Arc<dyn Clock>, Arc<dyn Rng>) = (Arc::new(SystemClock), Arc::new(SystemRng));
        let (ids, tasks) = (Ids::new(Arc::clone(&clock)), Tasks::new());
        let bus = carrier(&settings, &db).start(&tasks);
        let queue = Queue::new(ids.clone(), bus.clone());
        let start: uuid::Uuid = ids.next();
        let name = format!("{}-{}-{}", jobs::store::workers::host(), std::process::id(), &start.as_simple().to_string()[20..]);
        let sandbox = containers_of(containers, &settings, &db, &ids, &rng, &name).await?;
        let ports = Ports {
            sandbox: sandbox.clone().map(|sandbox| sandbox as Arc<dyn domain::ports::sandbox::Sandbox>),
            schema: Some(Arc::new(History(db.clone()))),
            mailer,
            secrets: Some(secrets),
            http_out: Some(outward::http(&settings)?),
            chain: cluster.node.clone().map(|node| node as Arc<dyn domain::ports::chain::Chain>),
            treasury: cluster.treasury.clone().map(|treasury| treasury as Arc<dyn domain::ports::chain::Treasury>),
            limiter: limiter(&settings)?,
        };
        let domain = Domain::new(db.clone(), queue, Arc::clone(&clock), Arc::clone(&rng), settings.rules(), ports);
        domain.keyring().check().await?;
        Ok(Self { settings, telemetry, tasks, db, bus, domain, clock, rng, sandbox, cluster, name })
    }

    /// # Errors
    /// When there is no signing key and none may be made.
    pub fn tokens(&self) -> Result<Tokens, KeyError> {
        tokens(&self.settings, Arc::clone(&self.clock))
    }
}

/// What signs access tokens, and the other keys that are accepted.
///
/// # Errors
/// When there is no signing key and none may be made, or one of the others cannot be read.
pub fn tokens(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Tokens, KeyError> {
    let api = &settings.api;
    let named =
        OtherKeys { staged: api.jwt_staged_key.as_ref().map(Hidden::reveal), retired: api.jwt_retired_key.as_ref().map(Hidden::reveal) };
    let may_be_weak = settings.app.env == Env::Development;
    let others = PublicKey::others(named, &settings.app.data_dir, may_be_weak)?;
    Ok(Tokens::new(signing_key(settings)?, clock).accepting(others))
}

async fn containers_of(
    containers: Containers,
    settings: &Settings,
    db: &Db,
    ids: &Ids,
    rng: &Arc<dyn Rng>,
    name: &str,
) -> Result<Option<Arc<DockerSandbox>>, Box<dyn Error>> {
    if containers == Containers::No {
        return Ok(None);
    }
    let installation = installation_id(db, &**rng).await?;
    let worker = format!("{name}/{}", jobs::Pool::Containers);
    let book = ContainerRows::new(db.clone(), ids.clone(), installation.clone(), worker, settings.jobs.lease());
    match sandbox::connect(&settings.sandbox, installation, Arc::new(book), Arc::clone(rng)) {
        Ok(sandbox) => Ok(Some(sandbox)),
        Err(error) if containers == Containers::IfPossible => {
            tracing::warn!(error, "agents cannot run in this process; everything else goes on");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The rules for a command that does one thing: no logs, no containers.
///
/// # Errors
/// As [`House::open`].
pub async fn rules(settings: &Settings) -> Result<(Domain, Arc<dyn Clock>), Box<dyn Error>> {
    rules_with(settings, Ports::default()).await
}

/// The same with ports.
///
/// # Errors
/// As [`House::open`].
pub async fn rules_with(settings: &Settings, ports: Ports) -> Result<(Domain, Arc<dyn Clock>), Box<dyn Error>> {
    let db = database(settings).await?;
    prepare_schema(&db, settings).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let queue = Queue::new(Ids::new(Arc::clone(&clock)), WakeBus::local());
    Ok((Domain::new(db, queue, Arc::clone(&clock), Arc::new(SystemRng), settings.rules(), ports), clock))
}

/// With Redis, Redis counts what is limited; without, the database does.
fn limiter(settings: &Settings) -> Result<Option<Arc<dyn Limiter>>, LimiterError> {
    let redis = settings.redis.url.as_deref().map(RedisLimiter::new).transpose()?;
    Ok(redis.map(|redis| Arc::new(redis) as Arc<dyn Limiter>))
}

/// What production refuses before anything is opened: a signing secret that others may know, and a database that nobody has named.
///
/// # Errors
/// What has to be set otherwise.
pub fn check(settings: &Settings) -> Result<(), Box<dyn Error>> {
    if settings.app.env == Env::Production {
        check_given(settings.api.jwt_signing_key.as_ref().map(Hidden::reveal))?;
        if settings.database.url.is_none() {
            return Err("APP_ENV=production needs DATABASE_URL: name the database that you back up".into());
        }
    }
    Ok(())
}

/// What devices and wallets sign names the API. An address that only says that it listens everywhere is no name: development hears of it, and
/// on the machine itself it goes on.
///
/// # Errors
/// The same, in production.
pub fn check_name(settings: &Settings) -> Result<Option<String>, String> {
    let address = settings.api.address();
    if settings.api.public_url.is_some() || !address.ip().is_unspecified() {
        return Ok(None);
    }
    let seen =
        format!("the API listens on {address} and PUBLIC_URL is not set: what devices and wallets elsewhere sign is for no such server");
    if settings.app.env == Env::Production { Err(seen) } else { Ok(Some(seen)) }
}

/// The key that signs access tokens.
///
/// # Errors
/// When there is none and this environment does not make one up.
pub fn signing_key(settings: &Settings) -> Result<SigningKey, KeyError> {
    let may_make = settings.app.env == Env::Development;
    SigningKey::load(settings.api.jwt_signing_key.as_ref().map(Hidden::reveal), &settings.app.data_dir, &SystemRng, may_make)
}

/// Make the keys that development makes up, so that roles which start together, perhaps as different users of the system, find them there.
///
/// # Errors
/// When they cannot be written, or those that are there cannot be used.
pub async fn make_up_keys(settings: &Settings) -> Result<(), Box<dyn Error>> {
    if settings.app.env == Env::Development {
        signing_key(settings)?;
        let secrets = outward::secrets(settings)?;
        for name in ["sealing_v1", HotTreasury::TREASURY, HotTreasury::FEE_PAYER] {
            secrets.secret(name).await?;
        }
    }
    Ok(())
}

/// Connect, and make the data directory when the database lies in it.
pub async fn database(settings: &Settings) -> Result<Db, Box<dyn Error>> {
    if settings.database.url.is_none() {
        make_private_folder(&settings.app.data_dir)?;
    }
    let url = settings.database_url();
    Ok(Db::connect(&settings.database, &url).await.map_err(|source| Unreachable { url: without_password(&url), source })?)
}

/// The database cannot be reached.
#[derive(Debug, thiserror::Error)]
#[error("the database {url} cannot be opened; check DATABASE_URL, or run `tallyman doctor`")]
pub struct Unreachable {
    url: String,
    source: sea_orm::DbErr,
}

impl Unreachable {
    /// Which one and why, without any advice.
    pub fn seen(&self) -> String {
        format!("{} cannot be opened: {}", self.url, in_one_line(&self.source))
    }
}

fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => {
            let user = url[scheme + 3..at].split(':').next().unwrap_or_default();
            format!("{}{user}{}", &url[..scheme + 3], &url[at..])
        }
        _ => url.to_owned(),
    }
}

fn make_private_folder(folder: &Path) -> Result<(), Box<dyn Error>> {
    use std::os::unix::fs::DirBuilderExt as _;
    if folder.is_dir() {
        return Ok(());
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
        format!("the data directory {} cannot be made ({error}); set DATA_DIR to a folder that may be written", folder.display()).into()
    })
}

/// The embedded database is ours alone and follows the program; a shared one in production is moved by its operator.
pub fn schema_follows(db: &Db, settings: &Settings) -> bool {
    db.engine() == Engine::Sqlite || settings.app.env == Env::Development
}

async fn prepare_schema(db: &Db, settings: &Settings) -> Result<(), Box<dyn Error>> {
    match Migrator::get_pending_migrations(db.connection()).await?.len() {
        0 => Ok(()),
        _ if schema_follows(db, settings) => migrate::up(db, false).await,
        missing => Err(format!("the schema lacks {missing} steps: run `tallyman migrate up` once before the roles start").into()),
    }
}

fn carrier(settings: &Settings, db: &Db) -> Carrier {
    match (&settings.redis.url, db.engine()) {
        (Some(url), _) => Carrier::Redis(url.clone()),
        (None, Engine::Postgres) => Carrier::Postgres(settings.database_url()),
        (None, Engine::Sqlite) => Carrier::None,
    }
}

/// The schema's history as the rules may ask it.
struct History(Db);

#[async_trait]
impl Schema for History {
    async fn wrong_indexes(&self) -> Result<Vec<String>, SchemaError> {
        let wrong = migrations::wrong_indexes(self.0.connection()).await.map_err(|error| SchemaError { reason: error.to_string() })?;
        Ok(wrong.iter().map(ToString::to_string).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_that_listens_everywhere_needs_a_name() {
        let named = |set: &[(&str, &str)]| {
            let environment: std::collections::BTreeMap<_, _> =
                set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            check_name(&Settings::of(&environment).expect("they make sense"))
        };
        assert_eq!(named(&[]), Ok(None));
        assert!(named(&[("HOST", "0.0.0.0")]).is_ok_and(|said| said.is_some_and(|said| said.contains("PUBLIC_URL"))));
        let production = [("HOST", "::"), ("APP_ENV", "production"), ("PUBLIC_URL", "https://tallyman.example")];
        assert!(named(&production[..2]).is_err_and(|said| said.contains("[::]:8080")));
        assert_eq!(named(&production), Ok(None));
    }

    #[test]
    fn a_password_does_not_reach_a_message() {
        assert_eq!(without_password("postgres://app:s3cr@t@db:5432/tallyman"), "postgres://app@db:5432/tallyman");
        assert_eq!(without_password("postgres://app@db/tallyman"), "postgres://app@db/tallyman");
        assert_eq!(without_password("sqlite://./data/tallyman.db?mode=rwc"), "sqlite://./data/tallyman.db?mode=rwc");
    }
}

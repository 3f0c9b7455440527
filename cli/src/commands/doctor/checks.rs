//! One function for each thing that is looked at.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::sandbox::Sandbox as _;
use migrations::{Migrator, MigratorTrait as _};
use platform::{Clock as _, Db, Engine, SystemClock, SystemRng};

use super::{Finding, SETTINGS_ADVICE};
use crate::causes::in_one_line;
use crate::commands::try_image::Book;
use crate::house::{self, Unreachable};
use crate::outward;
use crate::sandbox;
use crate::settings::{Env, Settings};

const POSTGRES_MIN: i64 = 16;
const REDIS_MIN: u32 = 7;
const DISK_FREE_MIB_MIN: u64 = 1_024;
const CLOCK_APART_MAX: Duration = Duration::from_secs(2);

pub fn version() -> Finding {
    Finding::well("tallyman", env!("CARGO_PKG_VERSION"))
}

/// What a start refuses of the settings beside what is looked at by itself.
pub fn settings(settings: &Settings) -> Finding {
    let ingress = || jobs::ingress::Ingress::new(settings.ingress.clone(), settings.redis.url.as_deref());
    let refused = house::check(settings)
        .err()
        .or_else(|| settings.telemetry.check().err().map(Into::into))
        .or_else(|| ingress().err().map(Into::into))
        .or_else(|| outward::http(settings).err());
    match refused {
        None => Finding::well("settings", "each of them makes sense"),
        Some(error) => Finding::broken("settings", in_one_line(&*error), SETTINGS_ADVICE),
    }
}

/// By which name the API is reached.
pub fn name(settings: &Settings) -> Finding {
    match house::check_name(settings) {
        Ok(None) => Finding::well("public url", settings.api.public_url()),
        Ok(Some(seen)) => Finding::warning("public url", seen, house::NAME_ADVICE),
        Err(seen) => Finding::broken("public url", seen, house::NAME_ADVICE),
    }
}

pub async fn disk(settings: &Settings) -> Finding {
    let folder = existing_parent(&settings.app.data_dir);
    let advice = "free some space, or set DATA_DIR to a folder on a larger disk";
    match free_mib(folder).await {
        Some(free) if free >= DISK_FREE_MIB_MIN => Finding::well("disk", format!("{free} MiB free at {}", folder.display())),
        Some(free) => Finding::broken("disk", format!("{free} MiB free at {}", folder.display()), advice),
        None => Finding::warning("disk", format!("the free space at {} is unknown", folder.display()), "install coreutils (df)"),
    }
}

fn existing_parent(path: &Path) -> &Path {
    path.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("."))
}

async fn free_mib(folder: &Path) -> Option<u64> {
    let df = tokio::process::Command::new("df")
        .args(["--output=avail", "--block-size=1M"])
        .arg(folder)
        .stderr(Stdio::null())
        .output()
        .await
        .ok()?;
    String::from_utf8(df.stdout).ok()?.lines().nth(1)?.trim().parse().ok()
}

pub async fn database(settings: &Settings) -> Vec<Finding> {
    let db = match house::database(settings).await {
        Ok(db) => db,
        Err(error) => {
            let advice =
                "start the database, or mend DATABASE_URL (postgres://user:password@host:5432/name); unset it for the embedded one";
            let seen = error.downcast_ref::<Unreachable>().map_or_else(|| in_one_line(&*error), Unreachable::seen);
            return vec![Finding::broken("database", seen, advice)];
        }
    };
    vec![engine_version(&db).await, schema(&db, settings).await, clock(&db).await]
}

async fn engine_version(db: &Db) -> Finding {
    match (db.engine(), jobs::store::server::version(db).await) {
        (Engine::Sqlite, Ok(version)) => Finding::well("database", format!("SQLite {version}, embedded")),
        (Engine::Postgres, Ok(version)) => {
            let major = version.split('.').next().and_then(|major| major.parse::<i64>().ok()).unwrap_or_default();
            if major >= POSTGRES_MIN {
                Finding::well("database", format!("PostgreSQL {version}"))
            } else {
                Finding::broken("database", format!("PostgreSQL {version}"), format!("move to PostgreSQL {POSTGRES_MIN} or newer"))
            }
        }
        (_, Err(error)) => Finding::broken("database", in_one_line(&error), "look at the log of the database"),
    }
}

async fn schema(db: &Db, settings: &Settings) -> Finding {
    let pending = Migrator::get_pending_migrations(db.connection()).await.map(|steps| steps.len());
    match (pending, migrations::wrong_indexes(db.connection()).await) {
        (Ok(0), Ok(wrong)) if wrong.is_empty() => Finding::well("schema", "up to date, every index there"),
        (Ok(0), Ok(wrong)) => {
            let names: Vec<_> = wrong.into_iter().map(|index| index.name).collect();
            Finding::broken("schema", format!("indexes are missing or different: {}", names.join(", ")), "mend what was changed by hand")
        }
        (Ok(steps), _) if house::schema_follows(db, settings) => Finding::warning(
            "schema",
            format!("{steps} steps are missing"),
            "nothing: the next start applies them by itself; `tallyman migrate up` does so now",
        ),
        (Ok(steps), _) => Finding::broken(
            "schema",
            format!("{steps} steps are missing; no role starts without them"),
            "run `tallyman migrate up` once, before the roles start",
        ),
        (Err(error), _) => Finding::broken("schema", in_one_line(&error), "look at the log of the database"),
    }
}

async fn clock(db: &Db) -> Finding {
    match jobs::store::server::now(db).await {
        Ok(theirs) => {
            let ours = domain::entities::Timestamp::from(SystemClock.now());
            let apart = ours.since(theirs).max(theirs.since(ours));
            let detail = format!("{} ms apart from the database", apart.as_millis());
            if apart <= CLOCK_APART_MAX {
                Finding::well("clock", detail)
            } else {
                Finding::warning("clock", detail, "keep both machines' clocks with NTP; due times follow the database, tokens this machine")
            }
        }
        Err(error) => Finding::broken("clock", in_one_line(&error), "look at the log of the database"),
    }
}

pub async fn redis(settings: &Settings) -> Finding {
    let Some(url) = &settings.redis.url else {
        return Finding::well("redis", "not configured; wake-ups travel over the database");
    };
    match jobs::carrier::redis_version(url).await {
        Ok(version) if version.split('.').next().and_then(|major| major.parse().ok()).is_some_and(|major: u32| major >= REDIS_MIN) => {
            Finding::well("redis", format!("Redis {version}"))
        }
        Ok(version) => Finding::warning("redis", format!("Redis {version}"), format!("move to Redis {REDIS_MIN} or newer")),
        Err(error) => Finding::broken("redis", in_one_line(&error), "start Redis, or mend REDIS_URL; unset it to go on without"),
    }
}

pub async fn engine(settings: &Settings) -> Finding {
    let book = Arc::new(Book::new("doctor"));
    let engine = match sandbox::connect(&settings.sandbox, "doctor".into(), book, Arc::new(SystemRng)) {
        Ok(engine) => engine,
        Err(error) => return Finding::broken("containers", in_one_line(&*error), "agents cannot run until this is mended"),
    };
    let seen = engine.ping().await;
    engine.shutdown().await;
    match seen {
        Ok(engine) => Finding::well("containers", engine),
        Err(error) => Finding::broken(
            "containers",
            in_one_line(&error),
            "install and start Docker (Debian: apt-get install docker.io), set DOCKER_HOST, or join the group that owns /var/run/docker.sock",
        ),
    }
}

pub fn signing_key(settings: &Settings) -> Finding {
    let advice = match settings.app.env {
        Env::Production => "set JWT_SIGNING_KEY",
        Env::Development => "check the key that it names, and who owns the data directory",
    };
    match house::tokens(settings, Arc::new(SystemClock)) {
        Ok(_) => Finding::well("signing key", "there"),
        Err(error) => Finding::broken("signing key", in_one_line(&error), advice),
    }
}

pub async fn secrets(settings: &Settings) -> Finding {
    let advice = "make one with `openssl rand -base64 32` and set SEALING_SECRET; a lost one leaves what it sealed closed for ever";
    let secrets = match outward::secrets(settings) {
        Ok(secrets) => secrets,
        Err(error) => return Finding::broken("secrets", in_one_line(&*error), advice),
    };
    match secrets.secret("sealing_v1").await {
        Ok(_) => Finding::well("secrets", "there"),
        Err(error) => Finding::broken("secrets", in_one_line(&error), advice),
    }
}

pub async fn mail(settings: &Settings) -> Finding {
    let advice = "mend the section [mail] (smtp_host, smtp_port, smtp_tls, smtp_user, smtp_password, from)";
    let mailer = match outward::mailer(settings) {
        Ok(mailer) => mailer,
        Err(error) => return Finding::broken("mail", in_one_line(&*error), advice),
    };
    match mailer.ping().await {
        Ok(place) if settings.mail.smtp_host.is_some() => Finding::well("mail", place),
        Ok(place) => Finding::warning("mail", place, "set mail.smtp_host and mail.from, so that mails reach people"),
        Err(error) => Finding::broken("mail", in_one_line(&error), advice),
    }
}

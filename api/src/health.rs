//! Whether this process lives, and whether it can work. Neither needs a token, and neither ever answers 500.

use std::time::Duration;

use domain::Domain;
use domain::ops::HEARTBEAT_AGE_MAX;
use futures::future::{join, join_all};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi};

use crate::app::App;
use crate::v1::Tag;

/// A dependency that does not answer in this time counts as away.
const PATIENCE: Duration = Duration::from_secs(3);

pub struct HealthApi {
    pub app: App,
}

/// That the process answers.
#[derive(Debug, Object)]
struct Liveness {
    state: Health,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum Health {
    Ok,
    /// It does not answer; what needs it fails.
    Away,
    /// Nobody works in the pool, and nothing here depends on it.
    Idle,
}

/// Whether everything that the process needs is there.
#[derive(Debug, Object)]
struct Readiness {
    state: Health,
    dependencies: Vec<DependencyHealth>,
    pools: Vec<PoolHealth>,
}

#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct DependencyHealth {
    name: String,
    state: Health,
    /// Whether this process is not ready while it is away.
    needed: bool,
    /// How long it took to answer.
    latency_ms: Option<u32>,
}

#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct PoolHealth {
    name: String,
    state: Health,
    /// Those whose last heartbeat is young enough.
    workers: u32,
    /// Age of the newest heartbeat.
    heartbeat_age_ms: Option<u32>,
}

#[derive(ApiResponse)]
enum Ready {
    /// Everything that this process needs is there.
    #[oai(status = 200)]
    Yes(Json<Readiness>),
    /// Something is missing; `dependencies` and `pools` say what.
    #[oai(status = 503)]
    No(Json<Readiness>),
}

#[OpenApi(tag = "Tag::Health")]
impl HealthApi {
    /// Whether the process answers at all.
    #[oai(path = "/health/live", method = "get", operation_id = "getLiveness")]
    #[expect(clippy::unused_async, reason = "poem-openapi awaits every operation")]
    async fn live(&self) -> Json<Liveness> {
        Json(Liveness { state: Health::Ok })
    }

    /// Whether database, dependencies and the process's own pools are there
    ///
    /// What is away and not `needed` is told and keeps nothing from being ready.
    #[oai(path = "/health/ready", method = "get", operation_id = "getReadiness")]
    async fn ready(&self) -> Ready {
        let others: Vec<_> = self.app.dependencies.iter().map(|other| ask(other.name, other.needed, (other.check)())).collect();
        let ((pools, database), others) = join(pools(&self.app.domain, &self.app.pools), join_all(others)).await;
        let dependencies: Vec<_> = std::iter::once(database).chain(others).collect();
        let needed = dependencies.iter().filter(|dependency| dependency.needed).map(|dependency| dependency.state);
        let away = needed.chain(pools.iter().map(|pool| pool.state)).any(|state| state == Health::Away);
        if away {
            Ready::No(Json(Readiness { state: Health::Away, dependencies, pools }))
        } else {
            Ready::Yes(Json(Readiness { state: Health::Ok, dependencies, pools }))
        }
    }
}

/// The heartbeats, and with them whether the database answers.
async fn pools(domain: &Domain, needed: &[jobs::Pool]) -> (Vec<PoolHealth>, DependencyHealth) {
    let mut beats = Vec::new();
    let database = ask("database", true, async {
        beats = domain.ops().heartbeats().await.map_err(|error| error.to_string())?;
        Ok(())
    })
    .await;
    let pools = beats.into_iter().map(|beat| {
        let alive = beat.newest.filter(|age| *age <= HEARTBEAT_AGE_MAX);
        let absent = if needed.contains(&beat.pool) { Health::Away } else { Health::Idle };
        PoolHealth {
            name: beat.pool.name().into(),
            state: if alive.is_some() { Health::Ok } else { absent },
            workers: beat.workers,
            heartbeat_age_ms: beat.newest.map(millis),
        }
    });
    (pools.collect(), database)
}

async fn ask(name: &str, needed: bool, check: impl Future<Output = Result<(), String>>) -> DependencyHealth {
    let began = std::time::Instant::now();
    let answer = tokio::time::timeout(PATIENCE, check).await.unwrap_or_else(|_| Err("no answer in time".into()));
    let state = match answer {
        Ok(()) => Health::Ok,
        Err(error) => {
            tracing::warn!(dependency = name, error, "a dependency does not answer");
            Health::Away
        }
    };
    DependencyHealth { name: name.into(), state, needed, latency_ms: (state == Health::Ok).then(|| millis(began.elapsed())) }
}

fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

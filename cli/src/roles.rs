//! The long-running roles. `up` is all of them in one process.

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use api::auth::Tokens;
use futures::future::OptionFuture;
use jobs::{Node, Pool};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use workers::dispatch::Dispatch;
use workers::handlers;

use crate::cluster::{self, Solana};
use crate::hearing::hear_of_deposits;
use crate::house::{self, Containers, House, Mails};
use crate::settings::Env;

type Answer = Result<ExitCode, Box<dyn Error>>;

/// A part of the process that runs until it is asked to end.
type Part = tokio::task::JoinHandle<()>;

pub async fn up() -> Answer {
    let mut house = House::open(Containers::IfPossible, Mails::Sends, Solana::Embeds).await?;
    let tokens = house.tokens()?;
    let listener = listen(&mut house).await?;
    greet(&house).await?;
    let pools = if house.sandbox.is_some() { Pool::ALL.to_vec() } else { without_containers() };
    open_ingress(&house)?;
    say_where_mails_go(&house).await;
    keep_chain(&mut house);
    let parts = vec![serve(&house, tokens, listener, &pools), schedule(&house), work(&house, pools, None)];
    announce(&house);
    finish(house, parts).await
}

pub async fn api() -> Answer {
    let mut house = House::open(Containers::No, Mails::Promises, Solana::Asks).await?;
    let tokens = house.tokens()?;
    let listener = listen(&mut house).await?;
    greet(&house).await?;
    let parts = vec![serve(&house, tokens, listener, &[])];
    announce(&house);
    finish(house, parts).await
}

pub async fn worker(pools: &[String], concurrency: Option<u32>) -> Answer {
    let mut pools = pools_named(pools)?;
    let asked = pools.len() < Pool::ALL.len() && pools.contains(&Pool::Containers);
    let containers = match (asked, pools.contains(&Pool::Containers)) {
        (true, _) => Containers::Must,
        (false, true) => Containers::IfPossible,
        (false, false) => Containers::No,
    };
    let solana = match (pools.len() < Pool::ALL.len(), pools.contains(&Pool::Settlement)) {
        (true, true) => Solana::Pays,
        (false, true) => Solana::MayPay,
        (_, false) => Solana::Asks,
    };
    let mails = if pools.contains(&Pool::Notify) { Mails::Sends } else { Mails::No };
    let house = House::open(containers, mails, solana).await?;
    if house.sandbox.is_none() {
        pools.retain(|pool| *pool != Pool::Containers);
    }
    open_ingress(&house)?;
    say_where_mails_go(&house).await;
    println!("working for {}", pools.iter().map(|pool| pool.name()).collect::<Vec<_>>().join(", "));
    let parts = vec![work(&house, pools, concurrency)];
    finish(house, parts).await
}

pub async fn scheduler() -> Answer {
    let house = House::open(Containers::No, Mails::No, Solana::No).await?;
    println!("looking at the crontab");
    let parts = vec![schedule(&house)];
    finish(house, parts).await
}

/// Take the address before anything is said or begun: what answers on it afterwards is this process.
async fn listen(house: &mut House) -> Result<api::Listener, Box<dyn Error>> {
    let unnamed = house::check_name(&house.settings).map_err(|why| format!("{why}; {}", house::NAME_ADVICE))?;
    if let Some(why) = unnamed {
        tracing::warn!("{why}; {}", house::NAME_ADVICE);
    }
    let listener = api::Listener::bind(house.settings.api.address()).await?;
    house.settings.api.listen = Some(listener.address());
    house.domain.answer_at(house.settings.rules().site);
    Ok(listener)
}

/// The first architect comes in by a secret that works once. It goes in a body, which no log sees.
async fn greet(house: &House) -> Result<(), Box<dyn Error>> {
    if let Some(link) = house.domain.accounts().bootstrap().await? {
        println!("first start: this signs you in as the architect, once; its answer has your access token and a refresh token:");
        println!(
            "  curl -s {}/v1/auth/login/link -H 'Content-Type: application/json' -d '{{\"secret\":\"{}\"}}'",
            house.settings.api.public_url(),
            link.secret
        );
    }
    Ok(())
}

/// Nobody should wait for a mail that lies in a folder.
async fn say_where_mails_go(house: &House) {
    let mailer = house.domain.ports().mailer.clone().filter(|_| house.settings.mail.smtp_host.is_none());
    if let Some(Ok(outbox)) = OptionFuture::from(mailer.as_ref().map(|mailer| mailer.ping())).await {
        println!("no mail server is configured (mail.smtp_host): mails become {outbox}");
    }
}

/// The chain may come up after the API: what needs it waits.
fn keep_chain(house: &mut House) {
    let cluster = &mut house.cluster;
    if let (Some(chain), Some(node), Some(treasury)) = (cluster.embedded.take(), cluster.node.clone(), cluster.treasury.clone()) {
        house.tasks.spawn("keep the development chain", chain.keep(node, treasury, house.domain.clone(), house.tasks.stop()));
    } else {
        house.tasks.spawn("check tokens", cluster::check_tokens(house.domain.clone(), house.tasks.stop()));
    }
}

fn without_containers() -> Vec<Pool> {
    Pool::ALL.into_iter().filter(|pool| *pool != Pool::Containers).collect()
}

fn pools_named(names: &[String]) -> Result<Vec<Pool>, String> {
    if names.is_empty() {
        return Ok(Pool::ALL.to_vec());
    }
    let known = || Pool::ALL.map(Pool::name).join(", ");
    names.iter().map(|name| Pool::named(name).ok_or_else(|| format!("no pool is named `{name}`; there are: {}", known()))).collect()
}

fn serve(house: &House, tokens: Tokens, listener: api::Listener, pools: &[Pool]) -> Part {
    let app = api::App {
        domain: house.domain.clone(),
        tokens,
        operations: api::convention::Operations::start(&house.domain, &house.tasks),
        settings: Arc::new(house.settings.api.clone()),
        metrics: Some(house.telemetry.metrics.clone()),
        dependencies: dependencies(house),
        pools: pools.into(),
        reveal: house.settings.app.env == Env::Development,
    };
    house.tasks.spawn("write down which keys were used", domain::api_keys::write_uses(house.domain.clone(), house.tasks.stop()));
    let stop = house.tasks.stop();
    house.tasks.spawn("serve", async move {
        if let Err(error) = api::serve(app, listener, stop.cancelled_owned()).await {
            tracing::error!(error = &error as &dyn Error, "the API cannot serve");
        }
    })
}

/// Redis, the container engine and the Solana cluster. Without them work is slower or waits; the API answers all the same.
fn dependencies(house: &House) -> Arc<[api::Dependency]> {
    let redis = house.settings.redis.url.clone().map(|url| api::Dependency {
        name: "redis",
        needed: false,
        check: Box::new(move || {
            let url = url.clone();
            Box::pin(async move { jobs::carrier::redis_version(&url).await.map(drop).map_err(|error| error.to_string()) })
        }),
    });
    let engine = house.domain.ports().sandbox.clone().map(|sandbox| api::Dependency {
        name: "container_engine",
        needed: false,
        check: Box::new(move || {
            let sandbox = Arc::clone(&sandbox);
            Box::pin(async move { sandbox.ping().await.map(drop).map_err(|error| error.to_string()) })
        }),
    });
    let solana = house.domain.ports().chain.clone().map(|chain| api::Dependency {
        name: "solana",
        needed: false,
        check: Box::new(move || {
            let chain = Arc::clone(&chain);
            Box::pin(async move { chain.height().await.map(drop).map_err(|error| error.to_string()) })
        }),
    });
    redis.into_iter().chain(engine).chain(solana).collect()
}

/// Read the queues that other services push to, if there are any.
fn open_ingress(house: &House) -> Result<(), jobs::ingress::SettingsError> {
    let ingress = jobs::ingress::Ingress::new(house.settings.ingress.clone(), house.settings.redis.url.as_deref())?;
    ingress.start(&house.db, house.domain.queue(), &house.tasks);
    Ok(())
}

fn schedule(house: &House) -> Part {
    let (db, queue) = (house.db.clone(), house.domain.queue().clone());
    house.tasks.spawn("schedule", scheduler::run(db, queue, house.settings.scheduler.clone(), house.tasks.stop()))
}

fn work(house: &House, pools: Vec<Pool>, concurrency: Option<u32>) -> Part {
    let settings = &house.settings;
    let (db, bus, tasks) = (house.db.clone(), house.bus.clone(), house.tasks.clone());
    let node = Node::start(db, bus, Arc::clone(&house.rng), settings.jobs.clone(), tasks.clone(), house.name.clone());
    let handlers = handlers::Settings {
        probes_may_abort: settings.app.env == Env::Development,
        jobs: settings.jobs.clone(),
        trouble_seconds_max: settings.sandbox.trouble_seconds_max,
    };
    let dispatch = Arc::new(Dispatch::new(house.domain.clone(), handlers));
    let pools: Vec<_> = pools.into_iter().map(|pool| (pool, concurrency.unwrap_or(settings.pools.of(pool)))).collect();
    if pools.iter().any(|(pool, _)| *pool == Pool::Upkeep) {
        house.tasks.spawn("keep events in order", domain::events::keep_in_order(house.domain.clone(), tasks.stop()));
    }
    if let Some(ws_url) = house.cluster.ws_url.clone().filter(|_| pools.iter().any(|(pool, _)| *pool == Pool::Indexer)) {
        house.tasks.spawn("hear of deposits", hear_of_deposits(house.domain.clone(), ws_url, tasks.stop()));
    }
    let sandbox = house.sandbox.clone();
    if let Some(sandbox) = &sandbox {
        house.tasks.spawn("sweep containers", Arc::clone(sandbox).keep_swept(house.tasks.stop()));
    }
    house.tasks.spawn("work", async move {
        if let Err(error) = workers::pools::work(node, pools, dispatch, tasks).await {
            tracing::error!(error = &*error as &dyn Error, "the workers ended badly");
        }
        if let Some(sandbox) = sandbox {
            sandbox.shutdown().await;
        }
    })
}

/// Say once that the API is ready, when it is.
fn announce(house: &House) {
    let (address, url, stop) = (house.settings.api.address(), house.settings.api.public_url(), house.tasks.stop());
    house.tasks.spawn("announce", async move {
        let mut every = tokio::time::interval(Duration::from_millis(20));
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = every.tick() => {}
            }
            if is_ready(address).await.unwrap_or(false) {
                println!("ready on {url}");
                return;
            }
        }
    });
}

async fn is_ready(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /health/ready HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).await?;
    Ok(status.ends_with(b" 200"))
}

/// Wait for the signal, or for a part that ends by itself; then let everything end in order.
async fn finish(house: House, parts: Vec<Part>) -> Answer {
    let ended_early = tokio::select! {
        signal = platform::shutdown_signal() => {
            signal?;
            false
        }
        _ = futures::future::select_all(parts) => true,
    };
    let seconds = house.settings.api.drain_seconds_max.max(house.settings.jobs.drain_seconds_max.into());
    tracing::info!("ending: nothing new is taken, and what runs may go on for {seconds} s at most");
    house.tasks.shut_down().await;
    tracing::info!("ended");
    house.telemetry.shut_down();
    Ok(if ended_early || house.tasks.has_fallen() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

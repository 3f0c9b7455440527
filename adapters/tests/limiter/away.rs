//! Redis goes away and comes back.

use std::sync::Arc;
use std::time::Duration;

use adapters::RedisLimiter;
use domain::Ports;
use domain::limits::{LimitError, Policy, Rate, Settings};
use domain::ports::limiter::Limiter as _;
use testkit::{Kind, PrivateRedis, World, until};

use crate::{SLOWLY, bucket};

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_away_is_told_at_once_and_found_again() {
    let redis = PrivateRedis::start();
    let limiter = RedisLimiter::new(&redis.url).unwrap();
    let bucket = bucket(10, SLOWLY);
    assert_eq!(limiter.take(&bucket, 1).await.unwrap().units, 1);
    redis.kill();
    limiter.take(&bucket, 1).await.unwrap_err();
    let asked = tokio::time::Instant::now();
    for _ in 0..100 {
        limiter.take(&bucket, 1).await.unwrap_err();
    }
    assert!(asked.elapsed() < Duration::from_secs(1), "a hundred questions cost next to nothing: {:?}", asked.elapsed());
    redis.start_again();
    until("Redis counts again", async || limiter.take(&bucket, 1).await.is_ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_the_database_counts_on() {
    let redis = PrivateRedis::start();
    let limits = Settings { executions: Rate::of(2, 3_600, domain::limits::Per::User), ..Settings::default() };
    let world = World::with(Kind::Sqlite, domain::Settings { limits, ..domain::Settings::default() }).await;
    let limiter = RedisLimiter::new(&redis.url).unwrap();
    let domain = world.domain_with(Ports { limiter: Some(Arc::new(limiter)), ..Ports::default() });
    let count = async || domain.limits().count(Policy::Executions, "ann").await;
    count().await.unwrap();
    assert_eq!(world.database.count("SELECT count(*) FROM rate_limit_buckets").await, 0, "Redis counts");
    redis.kill();
    count().await.unwrap();
    count().await.unwrap();
    assert!(matches!(count().await, Err(LimitError::Reached(_))));
    assert_eq!(world.database.count("SELECT count(*) FROM rate_limit_buckets").await, 1);
    world.finish().await;
}

//! What every limiter promises, told once and held against each: the database on both engines, and Redis.

mod away;

use std::sync::Arc;
use std::time::Duration;

use adapters::RedisLimiter;
use domain::limits::SqlLimiter;
use domain::ports::limiter::{Bucket, Limiter};
use platform::{Ids, SystemClock};
use testkit::{Database, Kind, shared_redis_url, spawn, until};

/// A limiter, and what has to live as long as it does.
struct Rig {
    limiter: Arc<dyn Limiter>,
    _database: Option<Database>,
}

impl Rig {
    async fn sql(kind: Kind) -> Self {
        let database = Database::new(kind).await;
        Self { limiter: Arc::new(SqlLimiter::new(database.db.clone())), _database: Some(database) }
    }

    fn redis() -> Self {
        let limiter = RedisLimiter::new(&shared_redis_url()).expect("it is a URL of Redis");
        Self { limiter: Arc::new(limiter), _database: None }
    }

    async fn take(&self, bucket: &Bucket, units: u32) -> (u32, Duration) {
        let taken = self.limiter.take(bucket, units).await.expect("it answers");
        (taken.units, taken.full_in)
    }
}

/// Nobody else's.
fn bucket(quota: u32, interval: Duration) -> Bucket {
    let key = format!("test:{}", Ids::new(Arc::new(SystemClock)).next::<uuid::Uuid>());
    Bucket { key, quota, interval_us: i64::try_from(interval.as_micros()).expect("it is short") }
}

const SLOWLY: Duration = Duration::from_mins(6);

macro_rules! on_every_limiter {
    ($($claim:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")] async fn $claim() { super::$claim(super::Rig::sql(super::Kind::Sqlite).await).await; })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")] async fn $claim() { super::$claim(super::Rig::sql(super::Kind::Postgres).await).await; })+
        }
        mod redis {
            $(#[tokio::test(flavor = "multi_thread")] async fn $claim() { super::$claim(super::Rig::redis()).await; })+
        }
    };
}

on_every_limiter! {
    a_bucket_gives_its_quota_and_then_nothing,
    whoever_asks_for_more_than_there_is_gets_the_rest,
    buckets_do_not_know_each_other,
    many_who_come_together_get_what_there_is_and_no_more,
    what_was_taken_comes_back_with_time,
    a_smaller_quota_counts_at_once,
}

async fn a_bucket_gives_its_quota_and_then_nothing(rig: Rig) {
    let bucket = bucket(10, SLOWLY);
    for taken in 1..=10 {
        let (units, full_in) = rig.take(&bucket, 1).await;
        assert_eq!(units, 1, "the {taken}.");
        assert!(full_in <= SLOWLY * taken && full_in + Duration::from_mins(1) > SLOWLY * taken, "{full_in:?}");
    }
    let (units, full_in) = rig.take(&bucket, 1).await;
    assert_eq!(units, 0);
    assert!(full_in <= SLOWLY * 10 && full_in > SLOWLY * 9, "a refusal takes nothing: {full_in:?}");
}

async fn whoever_asks_for_more_than_there_is_gets_the_rest(rig: Rig) {
    let bucket = bucket(10, SLOWLY);
    assert_eq!(rig.take(&bucket, 7).await.0, 7);
    assert_eq!(rig.take(&bucket, 7).await.0, 3);
    assert_eq!(rig.take(&bucket, 7).await.0, 0);
    let other = self::bucket(10, SLOWLY);
    assert_eq!(rig.take(&other, 70).await.0, 10);
}

async fn buckets_do_not_know_each_other(rig: Rig) {
    let (one, other) = (bucket(1, SLOWLY), bucket(1, SLOWLY));
    assert_eq!((rig.take(&one, 1).await.0, rig.take(&one, 1).await.0, rig.take(&other, 1).await.0), (1, 0, 1));
}

async fn many_who_come_together_get_what_there_is_and_no_more(rig: Rig) {
    let bucket = bucket(100, SLOWLY);
    let asking = (0..50).map(|_| {
        let (limiter, bucket) = (Arc::clone(&rig.limiter), bucket.clone());
        spawn(async move {
            let mut units = 0;
            for _ in 0..3 {
                units += limiter.take(&bucket, 1).await.expect("it answers").units;
            }
            units
        })
    });
    let mut all = 0;
    for asked in asking.collect::<Vec<_>>() {
        all += asked.await.expect("nobody panics");
    }
    assert_eq!(all, 100);
}

async fn what_was_taken_comes_back_with_time(rig: Rig) {
    let bucket = bucket(2, Duration::from_millis(40));
    rig.take(&bucket, 2).await;
    until("a unit is free again", async || rig.take(&bucket, 1).await.0 == 1).await;
    let mut back = 0;
    until("the others come back too", async || {
        back += rig.take(&bucket, 2).await.0;
        back >= 2
    })
    .await;
}

async fn a_smaller_quota_counts_at_once(rig: Rig) {
    let bucket = bucket(100, SLOWLY);
    rig.take(&bucket, 50).await;
    let smaller = Bucket { quota: 10, ..bucket };
    assert_eq!(rig.take(&smaller, 1).await.0, 0);
}

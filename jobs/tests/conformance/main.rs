//! What a queue promises, told once and held against every engine that it runs on.

mod cancel;
mod carrier;
mod claim;
mod engine;
mod enqueue;
mod finish;
mod lease;
mod limits;
mod node;
mod poison;
mod retention;
mod rig;
mod schedules;
mod walk;

/// One test for each engine.
#[macro_export]
macro_rules! on_every_engine {
    ($($claim:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")] async fn $claim() { super::$claim($crate::rig::Rig::new(testkit::Kind::Sqlite).await).await; })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")] async fn $claim() { super::$claim($crate::rig::Rig::new(testkit::Kind::Postgres).await).await; })+
        }
        mod postgres_redis {
            $(#[tokio::test(flavor = "multi_thread")] async fn $claim() { super::$claim($crate::rig::Rig::new(testkit::Kind::PostgresRedis).await).await; })+
        }
    };
}

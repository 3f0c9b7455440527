//! What the door for other services promises, told once and held against both engines and a real Redis.

mod admitting;
mod crashes;
mod refusing;
mod world;

/// One test for each engine.
#[macro_export]
macro_rules! on_both_engines {
    ($($claim:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")] async fn $claim() { super::$claim(testkit::Kind::Sqlite).await; })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")] async fn $claim() { super::$claim(testkit::Kind::Postgres).await; })+
        }
    };
}

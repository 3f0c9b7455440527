//! One thing done to every job that matches, while the jobs go on.

use std::time::Duration;

use domain::accounts::Role;
use domain::entities::job::State;
use domain::ops::{Actor, BulkRequest, JobFilter};
use jobs::NewJob;
use jobs::kinds::{BulkAction, Probe, ProbeAction};
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use testkit::{Kind, World, until};

/// On PostgreSQL others write between two statements; SQLite has one writer.
#[tokio::test(flavor = "multi_thread")]
async fn what_ended_meanwhile_does_not_count_as_cancelled() {
    let world = World::on(Kind::Postgres).await;
    let waiting = NewJob::of(&Probe { action: ProbeAction::Succeed, concurrency: None }).unwrap();
    let waiting = world.enqueue(waiting.delayed(Duration::from_hours(1))).await;
    let other = world.database.db.write().await.unwrap();
    other.execute_unprepared("UPDATE jobs SET state = 'succeeded', finished_at = 1 WHERE kind = 'probe'").await.unwrap();
    let ends = async {
        let here = "pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())";
        let waits = format!("SELECT count(*) FROM pg_locks WHERE NOT granted AND {here}");
        until("the bulk waits for the row", async || world.database.count(&waits).await > 0).await;
        other.commit().await.unwrap();
    };
    let filter = JobFilter { kind: Some("probe".into()), ..JobFilter::default() };
    let actor = Actor { caller: world.caller(Role::Architect).await, request_id: None };
    let request = BulkRequest { action: BulkAction::Cancel, filter };
    let bulk = world.domain.ops().bulk(&actor, &request, None).await.unwrap().into_inner();
    tokio::join!(world.run_jobs(), ends);
    assert_eq!(world.job(bulk).await.result.unwrap(), json!({ "matched": 1, "done": 0 }));
    assert_eq!(world.job(waiting).await.state, State::Succeeded);
    world.finish().await;
}

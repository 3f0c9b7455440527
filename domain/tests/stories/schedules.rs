//! What operators do to the crontab.

use std::time::Duration;

use domain::accounts::Role;
use domain::ops::Actor;
use jobs::Pool;
use jobs::kinds::JobKind;
use jobs::store::schedules::{CatchUp, Entry, seed};
use serde_json::json;
use testkit::World;

crate::on_every_engine!(an_entry_that_somebody_runs_now_wakes_its_pool);

async fn an_entry_that_somebody_runs_now_wakes_its_pool(world: World) {
    let entry = Entry {
        name: "tidy_up",
        kind: JobKind::PruneRows,
        payload: json!({}),
        cron: "0 17 * * * *",
        timezone: "UTC",
        catch_up: CatchUp::Latest,
    };
    seed(&world.database.db, &[entry]).await.unwrap();
    let actor = Actor { caller: world.caller(Role::Architect).await, request_id: None };
    world.domain.ops().run_schedule(&actor, "tidy_up", None).await.unwrap();
    let woken = tokio::time::timeout(Duration::from_secs(20), world.domain.queue().bus().work(Pool::Upkeep)).await;
    woken.expect("nobody waits for the next look");
    world.run_jobs().await;
    world.finish().await;
}

//! `validate_indexes`: an index that is missing or different fails the job by name.

use domain::entities::job;
use jobs::NewJob;
use jobs::kinds::ValidateIndexes;
use testkit::World;

#[tokio::test]
async fn a_wrong_index_is_named_and_the_next_look_finds_it_mended() {
    let world = World::new().await;
    let look = async || {
        let id = world.enqueue(NewJob::of(&ValidateIndexes {}).unwrap()).await;
        world.run_jobs().await;
        world.job(id).await
    };
    assert_eq!(look().await.state, job::State::Succeeded);
    world.database.execute("DROP INDEX agents_owner").await;
    let job = look().await;
    assert_eq!((job.state, job.error_code.as_deref()), (job::State::Failed, Some("indexes-wrong")));
    assert!(job.last_error.is_some_and(|error| error.contains("missing: agents_owner on agents")));
    world.database.execute("DROP INDEX IF EXISTS agents_owner; CREATE INDEX agents_owner ON agents (owner_id)").await;
    assert!(look().await.last_error.is_some_and(|error| error.contains("different: agents_owner on agents")));
    world.database.execute("DROP INDEX agents_owner; CREATE INDEX agents_owner ON agents (owner_id, id)").await;
    assert_eq!(look().await.state, job::State::Succeeded);
    world.finish().await;
}

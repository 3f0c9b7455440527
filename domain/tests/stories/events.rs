//! Events: in the transaction of the change, numbered afterwards.

use domain::events::{self, NewEvent};
use serde_json::json;
use testkit::World;

crate::on_every_engine!(
    each_topic_is_numbered_from_one_without_gaps,
    an_event_of_a_change_that_was_undone_never_was,
    old_events_are_forgotten
);

async fn say(world: &World, topic: &str) {
    let txn = world.database.db.write().await.unwrap();
    let said = NewEvent { topic: topic.into(), event: "said", data: json!({}) };
    events::append(&world.domain, &txn, said).await.unwrap();
    txn.commit().await.unwrap();
}

async fn each_topic_is_numbered_from_one_without_gaps(world: World) {
    for topic in ["a", "b", "a"] {
        say(&world, topic).await;
    }
    assert_eq!(events::sequence(&world.domain, 2).await.unwrap(), 2, "in batches");
    say(&world, "a").await;
    let (one, two) = tokio::join!(events::sequence(&world.domain, 10), events::sequence(&world.domain, 10));
    assert_eq!(one.unwrap() + two.unwrap(), 2, "two sequencers give no place twice");
    assert_eq!(world.database.count("SELECT max(seq) FROM events WHERE topic = 'a'").await, 3);
    assert_eq!(world.database.count("SELECT count(DISTINCT seq) FROM events WHERE topic = 'a'").await, 3);
    assert_eq!(world.database.count("SELECT max(seq) FROM events WHERE topic = 'b'").await, 1);
    world.finish().await;
}

async fn an_event_of_a_change_that_was_undone_never_was(world: World) {
    let txn = world.database.db.write().await.unwrap();
    let said = NewEvent { topic: "a".into(), event: "said", data: json!({}) };
    events::append(&world.domain, &txn, said).await.unwrap();
    txn.rollback().await.unwrap();
    assert_eq!(world.database.count("SELECT count(*) FROM events").await, 0);
    world.finish().await;
}

async fn old_events_are_forgotten(world: World) {
    say(&world, "a").await;
    assert_eq!(events::prune(&world.domain, 10).await.unwrap(), 0);
    world.database.execute("UPDATE events SET created_at = created_at - 90000000000").await;
    assert_eq!(events::prune(&world.domain, 10).await.unwrap(), 1);
    world.finish().await;
}

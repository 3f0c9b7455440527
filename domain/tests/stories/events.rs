//! Events: in the transaction of the change, numbered afterwards.

use domain::events::{self, NewEvent};
use serde_json::json;
use testkit::World;
use tokio_util::sync::CancellationToken;

crate::on_every_engine!(
    each_topic_is_numbered_from_one_without_gaps,
    an_event_of_a_change_that_was_undone_never_was,
    old_events_are_forgotten,
    a_topic_whose_events_were_all_forgotten_goes_on_where_it_was,
    two_sequencers_beside_many_writers_leave_no_gap_and_give_no_place_twice,
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
    assert_eq!(events::prune(&world.domain, 10).await.unwrap(), 0, "nobody was told it yet");
    events::sequence(&world.domain, 10).await.unwrap();
    assert_eq!(events::prune(&world.domain, 10).await.unwrap(), 1);
    world.finish().await;
}

async fn a_topic_whose_events_were_all_forgotten_goes_on_where_it_was(world: World) {
    for _ in 0..3 {
        say(&world, "a").await;
    }
    events::sequence(&world.domain, 10).await.unwrap();
    world.database.execute("UPDATE events SET created_at = created_at - 90000000000").await;
    assert_eq!(events::prune(&world.domain, 10).await.unwrap(), 3);
    say(&world, "a").await;
    say(&world, "b").await;
    events::sequence(&world.domain, 10).await.unwrap();
    assert_eq!(world.database.count("SELECT seq FROM events WHERE topic = 'a'").await, 4, "a reader who saw 3 is not told it again");
    assert_eq!(world.database.count("SELECT seq FROM events WHERE topic = 'b'").await, 1);
    world.database.execute("UPDATE event_topics SET used_at = used_at - 366 * 86400000000").await;
    assert_eq!(events::prune(&world.domain, 10).await.unwrap(), 2, "after a year of silence a topic is forgotten");
    world.finish().await;
}

async fn two_sequencers_beside_many_writers_leave_no_gap_and_give_no_place_twice(world: World) {
    let stop = CancellationToken::new();
    let sequencers: Vec<_> =
        (0..2).map(|_| testkit::spawn(events::keep_in_order(world.domain_with(domain::Ports::default()), stop.clone()))).collect();
    let writers = (0..8).map(async |writer: usize| {
        for number in 0..25 {
            say(&world, ["a", "b", "c"][(writer + number) % 3]).await;
        }
    });
    futures::future::join_all(writers).await;
    let unnumbered = "SELECT count(*) FROM events WHERE seq IS NULL";
    testkit::until("every event has its place", async || world.database.count(unnumbered).await == 0).await;
    stop.cancel();
    for sequencer in sequencers {
        sequencer.await.unwrap();
    }
    for topic in ["a", "b", "c"] {
        let places = |what: &str| format!("SELECT {what} FROM events WHERE topic = '{topic}'");
        let all = world.database.count(&places("count(*)")).await;
        assert_eq!(world.database.count(&places("count(DISTINCT seq)")).await, all, "{topic}");
        assert_eq!((world.database.count(&places("min(seq)")).await, world.database.count(&places("max(seq)")).await), (1, all), "{topic}");
    }
    assert_eq!(world.database.count("SELECT count(*) FROM events").await, 200);
    world.finish().await;
}

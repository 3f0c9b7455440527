//! What the house does although nobody asks.

use std::time::Duration;

use e2e::Installation;

#[tokio::test(flavor = "multi_thread")]
async fn events_get_their_places_while_upkeep_works() {
    let installation = Installation::on_postgres().await;
    let rows = installation.rows().await;
    let _workers = [installation.start(&["worker", "--pools", "upkeep"]), installation.start(&["worker", "--pools", "upkeep"])];
    for number in 1..=200 {
        rows.execute(&format!(
            "INSERT INTO events (id, topic, event, data, created_at) VALUES (gen_random_uuid(), 'topic:{}', 'said', '{{}}', {number})",
            number % 2
        ))
        .await;
    }
    rows.until_count(Duration::from_secs(20), "SELECT count(*) FROM events WHERE seq IS NOT NULL", 200).await;
    assert_eq!(
        rows.count("SELECT count(DISTINCT (topic, seq)) FROM events WHERE seq BETWEEN 1 AND 100").await,
        200,
        "no gap, no place twice"
    );
}

//! Rows that this program cannot make sense of: from another version, or written by hand.

use e2e::{Installation, Rows};
use entities::job::State;
use jobs::kinds::ProbeAction;

#[tokio::test(flavor = "multi_thread")]
async fn they_fail_alone_and_at_once() {
    let installation = Installation::on_postgres().await;
    let rows = installation.rows().await;
    let neighbours = rows.put_all(vec![Rows::probe(ProbeAction::Succeed); 6]).await.expect("they are taken");
    let [undecodable, misshapen, unknown, ..] = neighbours[..] else { panic!("six were taken") };
    for (id, change) in [
        (undecodable, r#"payload = '{"action": "dance"}'"#),
        (misshapen, r#"payload = '[1, "two", null]'"#),
        (unknown, "kind = 'of_tomorrow'"),
    ] {
        rows.execute(&format!("UPDATE jobs SET {change} WHERE id = '{}'", uuid::Uuid::from(id))).await;
    }

    let mut worker = installation.worker().await;

    for (id, code) in [(undecodable, "undecodable-payload"), (misshapen, "undecodable-payload"), (unknown, "unknown-kind")] {
        let failed = rows.until_state(id, State::Failed).await;
        assert_eq!((failed.error_code.as_deref(), failed.attempt, failed.deaths), (Some(code), 1, 0));
        assert_eq!(rows.outcomes(id).await, ["failed"], "trying again mends nothing");
    }
    for id in &neighbours[3..] {
        rows.until_state(*id, State::Succeeded).await;
    }
    assert!(worker.is_running());
}

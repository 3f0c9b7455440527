//! What does not come in: it is kept with its reason and holds nobody up.

use jobs::ingress::{MESSAGE_BYTES_MAX, Message, Settings};
use serde_json::{Value, json};
use testkit::{Kind, until};

use crate::world::{World, probe, probes};

crate::on_both_engines!(
    a_poison_message_is_kept_with_its_reason_while_the_others_pass,
    a_kind_that_the_queue_may_not_take_stays_outside,
    the_dead_list_is_bounded,
);

/// A task id, a body and a part of the reason.
type Case<'a> = (&'a [u8], &'a [u8], &'a str);

async fn a_poison_message_is_kept_with_its_reason_while_the_others_pass(kind: Kind) {
    let world = World::new(kind).await;
    let large = format!(r#"{{"kind":"probe","payload":{:?}}}"#, "x".repeat(MESSAGE_BYTES_MAX));
    let cases: [Case; 9] = [
        (b"p1", b"\x92\x01not json", "not JSON"),
        (b"p2", br#"{"kind":"probe"}"#, "missing field `payload`"),
        (b"p3", br#"{"kind":"mine_coins","payload":{}}"#, "no job kind `mine_coins`"),
        (b"p4", br#"{"kind":"probe","payload":{"action":"dance"}}"#, "none of a `probe` job"),
        (b"p5", br#"{"kind":"probe","payload":{"action":"succeed","concurrency":{"key":"a\u0000b","running_max":1}}}"#, "NUL"),
        (b"p6", large.as_bytes(), "bytes"),
        (b"p7", b"", "no message under the task id"),
        (b"\xff\xfe", br#"{"kind":"probe","payload":{"action":"succeed"}}"#, "task id"),
        (&[b'x'; 300], br#"{"kind":"probe","payload":{"action":"succeed"}}"#, "task id"),
    ];
    for (task_id, body, _) in &cases {
        world.push_raw(task_id, body).await;
    }
    world.producer().await.push_all(probes(0..20)).await.expect("Redis takes them");
    world.read();
    world.all_in(20).await;
    let dead = world.dead().await;
    assert_eq!(dead.len(), cases.len(), "{dead:?}");
    for (task_id, _, reason) in &cases {
        let task_id = String::from_utf8_lossy(task_id);
        let about = dead.iter().find(|dead| dead["task_id"] == *task_id).unwrap_or_else(|| panic!("{task_id} is on the list"));
        assert!(about["reason"].as_str().is_some_and(|said| said.contains(reason)), "{about}");
    }
    assert_eq!(
        dead.iter().find(|dead| dead["task_id"] == "p3").map(|dead| &dead["message"]),
        Some(&json!(r#"{"kind":"mine_coins","payload":{}}"#))
    );
}

/// PostgreSQL indexes no text of some thousand characters; nobody can know such bounds beforehand.
#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_database_refuses_is_found_among_its_neighbours() {
    let world = World::new(Kind::Postgres).await;
    let noise: String = (0..9_000_u32).filter_map(|n| char::from_u32(0x4e00 + n.wrapping_mul(2_654_435_761) % 20_000)).collect();
    let payload = json!({ "action": "succeed", "concurrency": { "key": noise, "running_max": 1 } });
    let mut messages: Vec<_> = probes(0..40).collect();
    messages[23] = ("endless".into(), Message { kind: "probe".into(), payload });
    world.producer().await.push_all(messages).await.expect("Redis takes them");
    world.read();
    world.all_in(39).await;
    let dead = world.dead().await;
    assert_eq!((dead.len(), &dead[0]["task_id"]), (1, &json!("endless")));
    assert!(dead[0]["reason"].as_str().is_some_and(|said| said.contains("the database refused")), "{}", dead[0]);
}

async fn a_kind_that_the_queue_may_not_take_stays_outside(kind: Kind) {
    let world = World::new(kind).await;
    let producer = world.producer().await;
    producer.push("run_agent", json!({ "execution_id": "exe_01" }), "not-here").await.expect("Redis takes it");
    producer.push("prune_rows", json!({}), "nowhere").await.expect("Redis takes it");
    producer.push("probe", probe(), "fine").await.expect("Redis takes it");
    world.read_with(Settings { queues: vec![format!("{}=probe", world.name)], ..Settings::default() });
    world.all_in(1).await;
    let dead: Vec<Value> = world.dead().await.into_iter().map(|mut dead| dead["reason"].take()).collect();
    let closed = |kind: &str| json!(format!("jobs of kind `{kind}` may not come in through this queue"));
    assert!(dead.len() == 2 && dead.contains(&closed("run_agent")) && dead.contains(&closed("prune_rows")), "{dead:?}");
}

async fn the_dead_list_is_bounded(kind: Kind) {
    let world = World::new(kind).await;
    for n in 0..25 {
        world.push_raw(format!("bad-{n:02}").as_bytes(), b"?").await;
    }
    world.read_with(Settings { dead_messages_max: 10, batch_jobs_max: 4, ..Settings::default() });
    until("all are taken away", async || world.left_in_redis().await == 0).await;
    let dead = world.dead().await;
    assert_eq!((dead.len(), &dead[0]["task_id"], &dead[9]["task_id"]), (10, &json!("bad-15"), &json!("bad-24")));
}

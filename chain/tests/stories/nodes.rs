//! The node itself, and nodes that are not what they should be.

use std::time::{Duration, Instant};

use chain::{Settings, SolanaNode};
use domain::ports::chain::{Chain as _, ChainError, Height};
use domain::{Class, Fault as _};
use testkit::until;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::stage::{Stage, person};

const KEY: &str = "0123456789abcdef-secret";

#[tokio::test]
async fn the_cluster_is_known_by_its_first_block_and_grows() {
    let stage = Stage::bare().await;
    let genesis = stage.node.genesis().await.expect("it answers");
    assert_eq!(bs58_bytes(&genesis), 32, "{genesis}");
    assert_eq!(stage.node.genesis().await.expect("it answers"), genesis);
    let before = stage.node.height().await.expect("it answers");
    until("a block is final", async || stage.node.height().await.expect("it answers") > before).await;
    let blockhash = stage.node.blockhash().await.expect("it answers");
    let Height(now) = stage.node.height().await.expect("it answers");
    assert!(blockhash.last_valid > Height(now) && blockhash.last_valid <= Height(now + 300), "{blockhash:?} at {now}");
    assert!(stage.node.slot().await.expect("it answers") >= before.0);
}

fn bs58_bytes(text: &str) -> usize {
    text.parse::<domain::entities::Address>().map_or(0, |address| address.bytes().len())
}

#[tokio::test]
async fn where_nobody_offers_anything_nothing_is_paid_for_priority() {
    let stage = Stage::new().await;
    let paid = stage.node.priority_fees(&[stage.custody()]).await.expect("it answers");
    assert!(paid.iter().all(|fee| *fee == 0), "{paid:?}");
}

/// Whoever connects is answered with this, or never.
async fn node_that_says(answer: Option<&'static str>) -> SolanaNode {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}/v2/{KEY}?api-key={KEY}", listener.local_addr().expect("it is bound"));
    testkit::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            if let Some(answer) = answer {
                let _ = stream.read(&mut [0; 4_096]).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
            open.push(stream);
        }
    });
    SolanaNode::new(&url, &Settings { call_seconds_max: 1, ..Settings::default() })
}

#[tokio::test]
async fn a_node_that_never_answers_costs_no_more_than_its_time() {
    let node = node_that_says(None).await;
    let began = Instant::now();
    let error = node.height().await.expect_err("nobody answers");
    assert_eq!(error.class(), Class::Unavailable, "{error}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_node_that_has_had_enough_is_not_waited_for_longer_than_for_others() {
    let node = node_that_says(Some("HTTP/1.1 429 Too Many Requests\r\nretry-after: 60\r\ncontent-length: 0\r\n\r\n")).await;
    let began = Instant::now();
    let error = node.height().await.expect_err("it refuses");
    assert_eq!(error.class(), Class::Unavailable, "{error}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn the_key_in_the_url_is_in_no_error() {
    let mut errors = Vec::new();
    for answer in [
        None,
        Some("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n"),
        Some("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnope"),
        Some("nonsense\r\n\r\n"),
        Some(concat!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 102\r\n\r\n",
            r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32001,"message":"no such key: 0123456789abcdef-secret....."}}"#
        )),
    ] {
        errors.push(node_that_says(answer).await.height().await.expect_err("it is no node"));
    }
    let settings = Settings { call_seconds_max: 1, ..Settings::default() };
    let nobody = SolanaNode::new(&format!("http://127.0.0.1:9/{KEY}"), &settings);
    errors.push(nobody.lamports(person(1)).await.expect_err("nobody is there"));
    assert!(!format!("{nobody:?}").contains(KEY));
    for error in errors {
        let said = format!("{error} {error:?}");
        assert!(!said.contains(KEY) && !said.contains("127.0.0.1"), "{said}");
    }
}

#[tokio::test]
async fn a_node_that_refuses_is_told_from_one_that_is_away() {
    let stage = Stage::bare().await;
    let too_many: Vec<_> = (0..10).map(person).collect();
    assert!(stage.node.priority_fees(&too_many).await.is_ok());
    let refused = node_that_says(Some(concat!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 68\r\n\r\n",
        r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32602,"message":"no good"}}"#
    )))
    .await
    .height()
    .await;
    assert!(matches!(refused, Err(ChainError::Refused { .. })), "{refused:?}");
}

//! What may go wrong between signing and knowing, and that everybody is paid exactly once.

use domain::ports::chain::{Blame, Chain as _, ChainError, Signed, Treasury as _};

use crate::stage::{CUSTODY, Stage};

const AMOUNT: i64 = 1_000_000;

/// Every token that left custody has arrived, once.
async fn paid_once(stage: &Stage, vendors: &[domain::entities::Address]) {
    for vendor in vendors {
        assert_eq!(stage.held(*vendor).await, 1_000_000);
    }
    assert_eq!(stage.held(stage.custody()).await, CUSTODY - 1_000_000 * vendors.len() as u64);
}

#[tokio::test]
async fn the_same_bytes_may_be_sent_as_often_as_one_likes() {
    let stage = Stage::new().await;
    let vendors = stage.vendors(2).await;
    let signed = stage.attempt(&stage.batch(&vendors, AMOUNT)).await;
    stage.node.send(&signed).await.expect("the node takes it");
    for _ in 0..5 {
        // Nodes differ in what they say to that, so nobody listens.
        let _ = stage.node.send(&signed).await;
    }
    assert_eq!(stage.finalized(signed.signature).await.failure, None);
    let again = stage.node.send(&signed).await;
    assert!(again.is_ok() || matches!(again, Err(ChainError::Refused { .. })), "{again:?}");
    paid_once(&stage, &vendors).await;
}

/// The worst case: two attempts of one batch are alive at once, and both reach the chain.
#[tokio::test]
async fn two_attempts_of_one_batch_pay_once() {
    let stage = Stage::new().await;
    let vendors = stage.vendors(2).await;
    let batch = stage.batch(&vendors, AMOUNT);
    let first = stage.attempt(&batch).await;
    let mut second = stage.attempt(&batch).await;
    while second.signature == first.signature {
        second = stage.attempt(&batch).await;
    }
    stage.node.send(&first).await.expect("the node takes it");
    stage.node.send(&second).await.expect("the node takes it");
    let ends = [stage.finalized(first.signature).await.failure, stage.finalized(second.signature).await.failure];
    let failures: Vec<_> = ends.iter().flatten().collect();
    let [failure] = failures[..] else { panic!("one of the two pays: {ends:?}") };
    assert_eq!(stage.treasury.blame(failure), Blame::AlreadyPaid);
    paid_once(&stage, &vendors).await;
}

#[tokio::test]
async fn an_attempt_that_was_never_sent_expires_and_the_next_one_pays() {
    let stage = Stage::new().await;
    let vendors = stage.vendors(2).await;
    let batch = stage.batch(&vendors, AMOUNT);
    let lost = stage.attempt(&batch).await;
    stage.expired(&lost).await;
    assert_eq!(stage.status(lost.signature).await, None, "height first, status second: it never happened");
    let next = stage.attempt(&batch).await;
    stage.node.send(&next).await.expect("the node takes it");
    assert_eq!(stage.finalized(next.signature).await.failure, None);
    // The lost one comes late, as from a node that held it back.
    let _ = stage.node.send(&lost).await;
    paid_once(&stage, &vendors).await;
    assert_eq!(stage.status(lost.signature).await.and_then(|status| status.failure.is_none().then_some(())), None);
}

#[tokio::test]
async fn what_is_stored_is_enough_to_go_on_after_a_crash() {
    let stage = Stage::new().await;
    let vendors = stage.vendors(2).await;
    let Signed { signature, message_hash, wire, last_valid } = stage.attempt(&stage.batch(&vendors, AMOUNT)).await;
    // Another process has nothing but the row.
    let found = Signed { signature, message_hash, wire, last_valid };
    stage.node.send(&found).await.expect("the node takes it");
    assert_eq!(stage.finalized(signature).await.failure, None);
    paid_once(&stage, &vendors).await;
}

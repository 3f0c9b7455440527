//! A settler that dies at every place where it can, with nothing but what it has stored.

use domain::entities::Address;
use domain::ports::chain::{Blame, Chain as _, PayoutBatch, Signed, Treasury as _};
use domain::settlements::{Next, look, offer, paid_by};
use testkit::until;

use crate::stage::{CUSTODY, FEE, Stage};

const AMOUNT: u64 = 1_000_000;

/// Where it dies, or what goes wrong, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    BeforeStoring,
    AfterStoring,
    AfterSending,
    /// Sends twice.
    Twice,
    /// The node says that it took the bytes, and forgets them.
    Dropped,
    /// It forgot that it had stored an attempt, and that attempt was sent: what must never happen, and may not cost anything either.
    Forgets,
}

/// What a database would keep.
#[derive(Default)]
struct Stored {
    alive: Option<Signed>,
    attempts: usize,
    paid: bool,
}

/// One look at the batch. False when it died.
async fn step(stage: &Stage, batch: &PayoutBatch, stored: &mut Stored, fault: &mut Fault) -> bool {
    let Some(attempt) = stored.alive.clone() else {
        let blockhash = stage.node.blockhash().await.expect("it answers");
        let tried = stage.node.simulate(&stage.treasury.draft_payouts(batch, FEE, blockhash).expect("it fits")).await.expect("it answers");
        if let Some(failure) = tried.failure {
            assert_eq!(stage.treasury.blame(&failure), Blame::AlreadyPaid, "{failure:?}");
            stored.paid = paid_by(&*stage.node, stage.treasury.marker(batch.id)).await.expect("it answers").is_some();
            return true;
        }
        let paid = stage.node.priority_fees(&[stage.custody()]).await.expect("it answers");
        let fee = offer(domain::settlements::FeePolicy::default(), tried.compute_units, &paid);
        let signed = stage.treasury.sign(&stage.treasury.draft_payouts(batch, fee, blockhash).expect("it fits")).await.expect("it signs");
        if take(fault, Fault::BeforeStoring) {
            return false;
        }
        stored.attempts += 1;
        if take(fault, Fault::Forgets) {
            stage.node.send(&signed).await.expect("the node takes it");
            return false;
        }
        stored.alive = Some(signed);
        return !take(fault, Fault::AfterStoring);
    };
    match look(&*stage.node, attempt.signature, attempt.last_valid).await.expect("it answers") {
        Next::Done { .. } => (stored.paid, stored.alive) = (true, None),
        Next::Failed { failure, .. } => {
            assert_eq!(stage.treasury.blame(&failure), Blame::AlreadyPaid, "{failure:?}");
            stored.alive = None;
        }
        Next::Wait => {}
        Next::Expired => {
            stored.alive = None;
            take(fault, Fault::Dropped);
        }
        Next::SendAgain if *fault == Fault::Dropped => {}
        Next::SendAgain => {
            let _ = stage.node.send(&attempt).await;
            if take(fault, Fault::Twice) {
                let _ = stage.node.send(&attempt).await;
            }
            return !take(fault, Fault::AfterSending);
        }
    }
    true
}

/// Whether this fault is due; it happens once.
fn take(fault: &mut Fault, wanted: Fault) -> bool {
    let is_due = *fault == wanted;
    if is_due {
        *fault = Fault::None;
    }
    is_due
}

async fn pays_once_despite(mut fault: Fault) {
    let stage = Stage::new().await;
    let vendors: Vec<Address> = stage.vendors(3).await;
    let batch = stage.batch(&vendors, i64::try_from(AMOUNT).expect("it is small"));
    let (mut stored, named) = (Stored::default(), fault);
    let mut deaths = 0;
    until("the batch is paid", async || {
        if !step(&stage, &batch, &mut stored, &mut fault).await {
            deaths += 1;
        }
        stored.paid
    })
    .await;
    for vendor in &vendors {
        assert_eq!(stage.held(*vendor).await, AMOUNT, "{named:?}");
    }
    assert_eq!(stage.held(stage.custody()).await, CUSTODY - 3 * AMOUNT, "{named:?}");
    assert_eq!(deaths > 0, matches!(named, Fault::BeforeStoring | Fault::AfterStoring | Fault::AfterSending | Fault::Forgets), "{named:?}");
    assert!(stored.attempts > usize::from(named == Fault::Dropped), "{named:?}: {} attempts", stored.attempts);
}

macro_rules! pays_once_despite {
    ($($claim:ident: $fault:ident),+ $(,)?) => {
        $(#[tokio::test] async fn $claim() { pays_once_despite(Fault::$fault).await; })+
    };
}

pays_once_despite! {
    a_settler_that_lives_pays_once: None,
    a_settler_that_dies_before_it_stores_pays_once: BeforeStoring,
    a_settler_that_dies_after_it_stored_pays_once: AfterStoring,
    a_settler_that_dies_after_it_sent_pays_once: AfterSending,
    a_settler_that_sends_twice_pays_once: Twice,
    a_send_that_is_dropped_is_made_good_after_the_blockhash_expired: Dropped,
    an_attempt_that_was_forgotten_is_found_by_its_marker: Forgets,
}

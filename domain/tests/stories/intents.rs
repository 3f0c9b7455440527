//! What agents sign is promised at once and paid soon, or taken back.

use std::time::Duration;

use domain::Fault as _;
use domain::entities::Amount;
use domain::intents::{IntentState, SignedIntent};
use domain::paging::PageRequest;
use domain::payments::LimitsDraft;
use testkit::{Trader, World, atomic};

crate::on_every_engine!(
    what_is_signed_counts_at_once_and_is_payable_when_it_is_paid,
    who_cannot_pay_is_suspended_and_the_vendor_is_told,
    what_was_handed_in_is_handed_in_once,
    more_than_a_page_are_all_paid_also_when_two_are_at_it,
    what_is_signed_for_another_server_is_not_taken,
    what_is_wrong_with_one_is_said_and_none_is_taken,
    what_an_agent_signs_is_within_its_limits,
);

async fn earned(world: &World, vendor: &Trader) -> [Amount; 2] {
    let balance = world.domain.payments().vendor_balances(&vendor.caller).await.unwrap().remove(0);
    [balance.unsettled, balance.payable]
}

async fn what_is_signed_counts_at_once_and_is_payable_when_it_is_paid(world: World) {
    let (payer, vendor) = (world.payer(100).await, world.vendor().await);
    let key = world.link_agent(&payer).await;
    let signed = [world.signed(&key, &vendor, 30), world.signed(&key, &vendor, 20)];
    let intents = world.domain.intents();
    let handed = intents.submit(&vendor.caller, &signed, None).await.unwrap().into_inner();
    assert_eq!((handed.accepted, handed.known), (2, 0));
    assert_eq!(earned(&world, &vendor).await, [atomic(50), atomic(0)]);
    assert_eq!(world.ledger_breaks().await, Vec::<String>::new());
    world.run_jobs().await;
    assert_eq!(earned(&world, &vendor).await, [atomic(50), atomic(50)]);
    assert_eq!(world.domain.payments().agent_balances(&payer.caller).await.unwrap()[0].available, atomic(50));
    let page = intents.list(&vendor.caller, Some(IntentState::Settled), &PageRequest::default()).await.unwrap();
    assert_eq!(page.items.len(), 2);
    while domain::events::sequence(&world.domain, 100).await.unwrap() > 0 {}
    assert_eq!(world.told(&format!("user:{}", vendor.caller.user_id)).await, ["received", "received"]);
    world.finish().await;
}

async fn who_cannot_pay_is_suspended_and_the_vendor_is_told(world: World) {
    let (payer, vendor) = (world.payer(40).await, world.vendor().await);
    let key = world.link_agent(&payer).await;
    let address = "UPDATE users SET email = 'vendor@mail.example' WHERE id IN (SELECT user_id FROM profiles WHERE kind = 'vendor')";
    world.database.execute(address).await;
    world.webhook(&vendor.caller, "https://hooks.example/failed", &["settlement.failed"]).await;
    let signed = [world.signed(&key, &vendor, 30), world.signed(&key, &vendor, 20), world.signed(&key, &vendor, 10)];
    world.domain.intents().submit(&vendor.caller, &signed, None).await.unwrap();
    world.run_jobs().await;
    assert_eq!(earned(&world, &vendor).await, [atomic(40), atomic(40)], "what it could pay is paid, the rest is taken back");
    let failed = world.domain.intents().list(&vendor.caller, Some(IntentState::Failed), &PageRequest::default()).await.unwrap().items;
    assert_eq!((failed.len(), failed[0].failure.as_deref()), (1, Some("0x102")));
    let refused = world.domain.payments().pay(&payer.caller, world.payment(&vendor, 1), None).await.unwrap_err();
    assert_eq!(refused.code(), "agent-suspended");
    let mails = world.mailer.taken();
    let sentence = "Settlement Failed for Agent Trader. Your pending balance has been adjusted.";
    assert!(mails.iter().any(|mail| mail.text.contains(sentence)), "{mails:?}");
    while domain::events::sequence(&world.domain, 100).await.unwrap() > 0 {}
    let told = world.database.count("SELECT count(*) FROM webhook_deliveries WHERE event = 'settlement.failed'").await;
    assert_eq!(told, 1);
    world.run_jobs().await;
    world.finish().await;
}

async fn what_was_handed_in_is_handed_in_once(world: World) {
    let (payer, vendor) = (world.payer(100).await, world.vendor().await);
    let key = world.link_agent(&payer).await;
    let intents = world.domain.intents();
    let [one, two] = [world.signed(&key, &vendor, 30), world.signed(&key, &vendor, 20)];
    let first = intents.submit(&vendor.caller, &[one.clone(), one.clone()], None).await.unwrap().into_inner();
    assert_eq!((first.accepted, first.known), (1, 0));
    let again = intents.submit(&vendor.caller, std::slice::from_ref(&one), None).await.unwrap().into_inner();
    assert_eq!((again.accepted, again.known), (0, 1));
    let twice = intents.submit(&vendor.caller, &[one.clone(), one.clone()], None).await.unwrap().into_inner();
    assert_eq!((twice.accepted, twice.known), (0, 1), "nor when it stands there twice");
    let both_again = two.clone();
    let both = intents.submit(&vendor.caller, &[one.clone(), two], None).await.unwrap().into_inner();
    assert_eq!((both.accepted, both.known), (1, 1));
    let other = key.sign_intent(&world.domain.settings().site, SignedIntent { amount: atomic(31), ..one });
    let refused = intents.submit(&vendor.caller, &[other], None).await.unwrap_err();
    assert_eq!(refused.fields()[0].pointer, "/payment_intents/0/nonce");
    world.run_jobs().await;
    assert_eq!(earned(&world, &vendor).await, [atomic(50), atomic(50)]);
    world.clock.advance(Duration::from_mins(10));
    let late = intents.submit(&vendor.caller, &[both_again], None).await.unwrap().into_inner();
    assert_eq!(late.known, 1, "what was handed in in time is not too late afterwards");
    world.run_jobs().await;
    world.finish().await;
}

async fn more_than_a_page_are_all_paid_also_when_two_are_at_it(world: World) {
    let (payer, vendor) = (world.payer(1_000).await, world.vendor().await);
    let key = world.link_agent(&payer).await;
    let signed: Vec<_> = (0..250).map(|_| world.signed(&key, &vendor, 1)).collect();
    world.domain.intents().submit(&vendor.caller, &signed, None).await.unwrap();
    let batch = world.domain.intents().list(&vendor.caller, None, &PageRequest::default()).await.unwrap().items[0].batch_id;
    let intents = world.domain.intents();
    let (one, two) = tokio::join!(intents.post(batch), intents.post(batch));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert!(one.had_pending && two.had_pending, "whoever came second does not take it for the end");
    world.run_jobs().await;
    assert_eq!(earned(&world, &vendor).await, [atomic(250), atomic(250)]);
    world.finish().await;
}

async fn what_is_signed_for_another_server_is_not_taken(world: World) {
    let (payer, vendor) = (world.payer(100).await, world.vendor().await);
    let key = world.link_agent(&payer).await;
    let elsewhere = domain::siws::Site::new("https://other.example", domain::siws::Chain::Localnet);
    let foreign = key.sign_intent(&elsewhere, world.signed(&key, &vendor, 1));
    let refused = world.domain.intents().submit(&vendor.caller, &[foreign], None).await.unwrap_err();
    assert_eq!(refused.fields()[0].pointer, "/payment_intents/0/signature");
    world.finish().await;
}

async fn what_is_wrong_with_one_is_said_and_none_is_taken(world: World) {
    let (payer, vendor, other) = (world.payer(100).await, world.vendor().await, world.vendor().await);
    let key = world.link_agent(&payer).await;
    let good = world.signed(&key, &vendor, 1);
    let raised = SignedIntent { amount: atomic(1_000), ..world.signed(&key, &vendor, 1) };
    let late =
        key.sign_intent(&world.domain.settings().site, SignedIntent { expires_at: world.domain.now(), ..world.signed(&key, &vendor, 1) });
    let odd = key.sign_intent(&world.domain.settings().site, SignedIntent { nonce: "a b".into(), ..world.signed(&key, &vendor, 1) });
    let batch = [good.clone(), raised, late, odd, world.signed(&key, &other, 1)];
    let refused = world.domain.intents().submit(&vendor.caller, &batch, None).await.unwrap_err();
    let pointers: Vec<_> = refused.fields().iter().map(|field| field.pointer.as_str()).collect();
    let expected = ["/payment_intents/1/signature", "/payment_intents/2/expires_at", "/payment_intents/3/nonce", "/payment_intents/4/to"];
    assert_eq!(pointers, expected);
    let stranger = testkit::TestWallet::new(77)
        .sign_intent(&world.domain.settings().site, SignedIntent { agent: testkit::TestWallet::new(77).address(), ..good });
    let refused = world.domain.intents().submit(&vendor.caller, &[stranger], None).await.unwrap_err();
    assert_eq!(refused.fields()[0].pointer, "/payment_intents/0/agent");
    assert_eq!(world.domain.intents().submit(&payer.caller, &batch, None).await.unwrap_err().code(), "profile-required");
    assert_eq!(earned(&world, &vendor).await, [atomic(0), atomic(0)]);
    world.finish().await;
}

async fn what_an_agent_signs_is_within_its_limits(world: World) {
    let (payer, vendor) = (world.payer(100).await, world.vendor().await);
    let key = world.link_agent(&payer).await;
    let limits = LimitsDraft { per_day: Some(atomic(50)), ..LimitsDraft::default() };
    world.domain.payments().set_limits(&payer.caller, limits).await.unwrap();
    let intents = world.domain.intents();
    let over = [world.signed(&key, &vendor, 30), world.signed(&key, &vendor, 21)];
    let refused = intents.submit(&vendor.caller, &over, None).await.unwrap_err();
    assert_eq!(refused.fields()[0].pointer, "/payment_intents/1/amount");
    assert!(!refused.fields()[0].detail.contains("50"), "the vendor does not learn what the agent's limits are");
    intents.submit(&vendor.caller, &over[..1], None).await.unwrap();
    let pay = world.domain.payments().pay(&payer.caller, world.payment(&vendor, 21), None).await;
    assert_eq!(pay.unwrap_err().code(), "spending-limit", "both count");
    let limits = LimitsDraft { per_day: Some(atomic(55)), ..LimitsDraft::default() };
    let saved = world.domain.payments().set_limits(&payer.caller, limits).await.unwrap();
    assert_eq!(saved.spent_today, atomic(30), "what is signed counts under new limits too");
    world.clock.advance(Duration::from_secs(1));
    world.run_jobs().await;
    world.finish().await;
}

//! Agents pay vendors: once, together, and within their limits.

use std::sync::Arc;

use domain::Fault as _;
use domain::entities::Amount;
use domain::idempotency::Claim;
use domain::paging::PageRequest;
use domain::payments::{LimitsDraft, PayError};
use futures::future::join_all;
use serde_json::json;
use testkit::{Trader, World, atomic, spawn};

crate::on_every_engine!(
    a_hundred_callers_with_one_id_pay_once,
    payments_that_arrive_together_commit_together,
    more_than_a_group_holds_are_paid_too,
    what_one_is_refused_for_never_touches_its_neighbours,
    an_agent_spends_what_its_owner_allows,
    what_was_spent_before_there_was_a_limit_counts,
    who_is_suspended_does_not_pay,
    a_payment_that_was_made_is_answered_again_whatever_has_changed,
    what_was_made_before_is_answered_among_new_ones,
    whoever_goes_away_leaves_nobody_unpaid,
    a_payment_has_an_idempotency_key_beside_its_id,
    a_request_that_makes_no_sense_names_its_fields,
    agents_and_vendors_see_what_they_have,
);

async fn available(world: &World, trader: &Trader) -> Amount {
    world.domain.payments().agent_balances(&trader.caller).await.unwrap()[0].available
}

async fn unsettled(world: &World, trader: &Trader) -> Amount {
    world.domain.payments().vendor_balances(&trader.caller).await.unwrap()[0].unsettled
}

async fn a_hundred_callers_with_one_id_pay_once(world: World) {
    let (payer, vendor) = (world.payer(1_000).await, world.vendor().await);
    let request = world.payment(&vendor, 30);
    let world = Arc::new(world);
    let calls = (0..100).map(|_| {
        let (world, request) = (Arc::clone(&world), request.clone());
        spawn(async move { world.domain.payments().pay(&payer.caller, request, None).await.unwrap() })
    });
    let answers: Vec<_> = join_all(calls.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|answer| !answer.is_replay()).count(), 1);
    assert!(answers.iter().all(|answer| answer.get() == answers[0].get()), "everybody is told the same");
    assert_eq!((available(&world, &payer).await, unsettled(&world, &vendor).await), (atomic(970), atomic(30)));
    let other = domain::payments::PayRequest { amount: atomic(31), ..request };
    let conflict = world.domain.payments().pay(&payer.caller, other, None).await.unwrap_err();
    assert_eq!(conflict.code(), "transfer-reused");
    Arc::into_inner(world).expect("all calls are over").finish().await;
}

async fn payments_that_arrive_together_commit_together(world: World) {
    let vendor = world.vendor().await;
    let payers = join_all((0..8).map(|_| world.payer(1_000))).await;
    let payments = (0..200).map(|n: usize| {
        let (payer, request) = (payers[n % 8], world.payment(&vendor, 1));
        let domain = &world.domain;
        async move { domain.payments().pay(&payer.caller, request, None).await.unwrap() }
    });
    assert_eq!(join_all(payments).await.len(), 200);
    let commits = world.database.count("SELECT count(*) FROM events WHERE topic = 'payments'").await;
    assert!(commits < 50, "{commits} commits for 200 payments");
    assert_eq!(unsettled(&world, &vendor).await, atomic(200));
    world.finish().await;
}

async fn more_than_a_group_holds_are_paid_too(world: World) {
    let (payer, vendor) = (world.payer(1_000).await, world.vendor().await);
    let mut settings = world.domain.settings().clone();
    settings.payments.group_payments_max = 3;
    settings.payments.groups_max = 1;
    let domain = world.domain_set(settings);
    for _ in 0..5 {
        let payments = (0..40)
            .map(|_| domain.payments())
            .map(async |payments| payments.pay(&payer.caller, world.payment(&vendor, 1), None).await.unwrap());
        assert_eq!(join_all(payments).await.len(), 40);
    }
    assert_eq!(unsettled(&world, &vendor).await, atomic(200));
    world.finish().await;
}

async fn what_one_is_refused_for_never_touches_its_neighbours(world: World) {
    let (rich, poor, vendor) = (world.payer(1_000).await, world.payer(5).await, world.vendor().await);
    let nobody = Trader { profile: rich.profile, ..vendor };
    let asked = [(&rich, &vendor, 10), (&poor, &vendor, 6), (&rich, &nobody, 10), (&poor, &vendor, 5), (&rich, &vendor, 20)];
    let payments = asked.map(|(payer, to, amount)| {
        let request = world.payment(to, amount);
        let domain = &world.domain;
        async move { domain.payments().pay(&payer.caller, request, None).await.map_err(|error| error.code()) }
    });
    let answers = join_all(payments).await.into_iter().map(|answer| answer.map(drop)).collect::<Vec<_>>();
    assert_eq!(answers, [Ok(()), Err("insufficient-funds"), Err("validation-failed"), Ok(()), Ok(())]);
    let before = world.database.count("SELECT count(*) FROM ledger_accounts").await;
    let strange = domain::payments::PayRequest { mint: Some(testkit::mint(9)), ..world.payment(&vendor, 1) };
    assert!(world.domain.payments().pay(&rich.caller, strange, None).await.is_err());
    assert_eq!(world.database.count("SELECT count(*) FROM ledger_accounts").await, before, "what is refused leaves nothing behind");
    assert_eq!(unsettled(&world, &vendor).await, atomic(35));
    world.finish().await;
}

async fn an_agent_spends_what_its_owner_allows(world: World) {
    let (payer, vendor, other) = (world.payer(1_000).await, world.vendor().await, world.vendor().await);
    let payments = world.domain.payments();
    let draft = LimitsDraft {
        per_payment: Some(atomic(50)),
        per_day: Some(atomic(100)),
        allowed_vendors: Some(vec![vendor.profile]),
        ..LimitsDraft::default()
    };
    payments.set_limits(&payer.caller, draft.clone()).await.unwrap();
    let pay = async |to: &Trader, amount: i64| payments.pay(&payer.caller, world.payment(to, amount), None).await;
    assert!(matches!(pay(&vendor, 51).await, Err(PayError::PaymentLimit { .. })));
    assert!(matches!(pay(&other, 1).await, Err(PayError::Vendor)));
    pay(&vendor, 50).await.unwrap();
    pay(&vendor, 40).await.unwrap();
    let over = pay(&vendor, 11).await.unwrap_err();
    assert_eq!((over.code(), over.to_string().as_str()), ("spending-limit", "90 of the 100 that may be spent in a day are spent"));
    assert_eq!(payments.limits(&payer.caller).await.unwrap()[0].spent_today, atomic(90));
    world.clock.advance(std::time::Duration::from_hours(24));
    pay(&vendor, 50).await.unwrap();
    assert_eq!(payments.limits(&payer.caller).await.unwrap()[0].spent_today, atomic(50));
    let odd = LimitsDraft { allowed_vendors: Some(vec![vendor.profile, payer.profile]), ..draft };
    let refused = payments.set_limits(&payer.caller, odd).await.unwrap_err();
    assert_eq!(refused.fields()[0].pointer, "/allowed_vendors/1");
    world.finish().await;
}

async fn what_was_spent_before_there_was_a_limit_counts(world: World) {
    let (payer, vendor) = (world.payer(1_000).await, world.vendor().await);
    let payments = world.domain.payments();
    let pay = async |amount: i64| payments.pay(&payer.caller, world.payment(&vendor, amount), None).await;
    pay(70).await.unwrap();
    payments.set_limits(&payer.caller, LimitsDraft { per_day: Some(atomic(100)), ..LimitsDraft::default() }).await.unwrap();
    assert!(matches!(pay(31).await, Err(PayError::DayLimit { .. })));
    pay(30).await.unwrap();
    payments.set_limits(&payer.caller, LimitsDraft::default()).await.unwrap();
    pay(500).await.unwrap();
    world.finish().await;
}

async fn who_is_suspended_does_not_pay(world: World) {
    let (payer, vendor) = (world.payer(1_000).await, world.vendor().await);
    let payments = world.domain.payments();
    for (suspend, resume) in [
        ("UPDATE profiles SET state = 'suspended' WHERE kind = 'agent'", "UPDATE profiles SET state = 'active'"),
        ("UPDATE users SET state = 'suspended'", "UPDATE users SET state = 'active'"),
    ] {
        world.database.execute(suspend).await;
        let refused = payments.pay(&payer.caller, world.payment(&vendor, 1), None).await.unwrap_err();
        assert_eq!(refused.code(), "agent-suspended");
        world.database.execute(resume).await;
        payments.pay(&payer.caller, world.payment(&vendor, 1), None).await.unwrap();
    }
    let nobody = world.operator().await;
    assert_eq!(payments.pay(&nobody, world.payment(&vendor, 1), None).await.unwrap_err().code(), "profile-required");
    world.finish().await;
}

async fn a_payment_that_was_made_is_answered_again_whatever_has_changed(world: World) {
    let (payer, vendor) = (world.payer(10).await, world.vendor().await);
    let payments = world.domain.payments();
    let request = world.payment(&vendor, 10);
    let first = payments.pay(&payer.caller, request.clone(), None).await.unwrap();
    payments.set_limits(&payer.caller, LimitsDraft { per_payment: Some(atomic(1)), ..LimitsDraft::default() }).await.unwrap();
    world.database.execute("UPDATE profiles SET state = 'suspended'").await;
    let again = payments.pay(&payer.caller, request, None).await.unwrap();
    assert!(again.is_replay());
    assert_eq!(again.get(), first.get());
    world.finish().await;
}

async fn what_was_made_before_is_answered_among_new_ones(world: World) {
    let (payer, poor, vendor) = (world.payer(1_000).await, world.payer(5).await, world.vendor().await);
    let payments = world.domain.payments();
    let (old, spent) = (world.payment(&vendor, 10), world.payment(&vendor, 5));
    payments.pay(&payer.caller, old.clone(), None).await.unwrap();
    payments.pay(&poor.caller, spent.clone(), None).await.unwrap();
    let taken = domain::payments::PayRequest { amount: atomic(6), ..spent.clone() };
    let raised = domain::payments::PayRequest { amount: atomic(11), ..old.clone() };
    let asked =
        [(&payer, old.clone()), (&payer, world.payment(&vendor, 7)), (&poor, spent), (&poor, taken), (&payer, old), (&payer, raised)];
    let answers = asked.map(async |(payer, request)| payments.pay(&payer.caller, request, None).await.map_err(|error| error.code()));
    let answers: Vec<_> = join_all(answers).await.into_iter().map(|answer| answer.map(|paid| paid.is_replay())).collect();
    assert_eq!(answers, [Ok(true), Ok(false), Ok(true), Err("transfer-reused"), Ok(true), Err("transfer-reused")]);
    assert_eq!(unsettled(&world, &vendor).await, atomic(22));
    let rows = "SELECT count(*) FROM transactions WHERE status = 'confirmed' AND latency >= 0";
    assert_eq!(world.database.count(rows).await, 3, "as those see it who look with SQL");
    world.finish().await;
}

/// Whoever serves a group may be dropped in the middle of it, as a client that hangs up drops its request.
async fn whoever_goes_away_leaves_nobody_unpaid(world: World) {
    let (payer, vendor) = (world.payer(1_000).await, world.vendor().await);
    let world = Arc::new(world);
    let calls = (0..60).map(|n| {
        let (world, request) = (Arc::clone(&world), world.payment(&vendor, 1));
        let call = spawn(async move { world.domain.payments().pay(&payer.caller, request, None).await.unwrap() });
        (n, call)
    });
    let mut paid = 0;
    for (n, call) in calls.collect::<Vec<_>>() {
        if n % 3 == 0 {
            call.abort();
        }
        match call.await {
            Ok(_) => paid += 1,
            Err(gone) => assert!(gone.is_cancelled()),
        }
    }
    assert!(paid >= 40, "everybody who stayed is answered");
    let earned = unsettled(&world, &vendor).await.atomic();
    assert!((paid..=60).contains(&earned), "{paid} were told, {earned} were paid");
    testkit::until("the last call lets go", async || Arc::strong_count(&world) == 1).await;
    Arc::into_inner(world).expect("all calls are over").finish().await;
}

async fn a_payment_has_an_idempotency_key_beside_its_id(world: World) {
    let (payer, vendor) = (world.payer(100).await, world.vendor().await);
    let payments = world.domain.payments();
    let claim = |body: i32| Claim::new(&payer.caller, "POST", "/v1/agent/pay", "key", &json!({ "n": body }));
    let request = world.payment(&vendor, 10);
    let first = payments.pay(&payer.caller, request.clone(), Some(&claim(1))).await.unwrap();
    let again = payments.pay(&payer.caller, request.clone(), Some(&claim(1))).await.unwrap();
    assert!(!first.is_replay() && again.is_replay());
    let reused = payments.pay(&payer.caller, world.payment(&vendor, 10), Some(&claim(2))).await.unwrap_err();
    assert_eq!(reused.code(), "idempotency-key-reused");
    assert!(payments.pay(&payer.caller, request, None).await.unwrap().is_replay());
    assert_eq!(unsettled(&world, &vendor).await, atomic(10));
    world.finish().await;
}

async fn a_request_that_makes_no_sense_names_its_fields(world: World) {
    let (payer, vendor) = (world.payer(100).await, world.vendor().await);
    let nothing = domain::payments::PayRequest { reference: Some("\n".into()), ..world.payment(&vendor, 0) };
    let refused = world.domain.payments().pay(&payer.caller, nothing, None).await.unwrap_err();
    let pointers: Vec<_> = refused.fields().iter().map(|field| field.pointer.as_str()).collect();
    assert_eq!(pointers, ["/amount", "/reference"]);
    world.finish().await;
}

async fn agents_and_vendors_see_what_they_have(world: World) {
    let (payer, vendor) = (world.payer(100).await, world.vendor().await);
    let payments = world.domain.payments();
    for amount in 1..=5 {
        let request = domain::payments::PayRequest { reference: Some(format!("call {amount}")), ..world.payment(&vendor, amount) };
        payments.pay(&payer.caller, request, None).await.unwrap();
        world.clock.advance(std::time::Duration::from_secs(1));
    }
    let mut page = PageRequest { size: Some(4), token: None };
    let first = payments.agent_transactions(&payer.caller, &page).await.unwrap();
    page.token = first.next_page_token.clone();
    let second = payments.agent_transactions(&payer.caller, &page).await.unwrap();
    let amounts: Vec<_> = first.items.iter().chain(&second.items).map(|told| told.transfer.amount.atomic()).collect();
    assert_eq!((amounts, second.next_page_token), (vec![5, 4, 3, 2, 1, 100], None));
    assert_eq!(first.items[0].counterparty, Some(vendor.profile.into()));
    assert!(second.items[1].is_credit && !first.items[0].is_credit);
    let stats = payments.vendor_stats(&vendor.caller).await.unwrap().remove(0);
    assert_eq!((stats.revenue, stats.revenue_day, stats.payments_day), (atomic(15), atomic(15), 5));
    assert!(payments.agent_transactions(&vendor.caller, &PageRequest::default()).await.unwrap().items.is_empty());
    let nothing = payments.vendor_balances(&payer.caller).await.unwrap().remove(0);
    assert_eq!((nothing.symbol.as_str(), nothing.unsettled, nothing.payable), ("USDC", atomic(0), atomic(0)));
    world.finish().await;
}

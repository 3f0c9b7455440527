//! Money moves as double entry, or it does not move.

use std::time::Duration;

use domain::entities::id::ProfileId;
use domain::ledger::{
    Account, AccountKind, Chain, Figures, LedgerError, NewTransfer, Refusal, Statement, Step, TransferState, statement, totals,
    void_expired,
};
use sea_orm::ConnectionTrait as _;
use testkit::{World, atomic, mint, spawn};

crate::on_every_engine!(
    a_transfer_that_is_asked_for_twice_moves_money_once,
    what_is_pending_is_held_until_it_is_decided,
    what_is_not_decided_in_time_never_happened,
    a_chain_happens_whole_or_not_at_all,
    a_chain_is_asked_for_again_as_it_was,
    what_was_posted_is_taken_back_once_by_its_opposite,
    one_that_is_refused_leaves_the_others_of_its_batch_alone,
    an_amount_that_would_wrap_is_refused,
    the_simulator_and_the_world_never_touch,
    the_database_itself_refuses_what_the_rules_forbid,
    transfers_that_cross_never_wait_in_a_circle,
    a_statement_walks_along_its_index,
);

fn wallet(world: &World) -> Account {
    Account::of(AccountKind::Agent, world.domain.queue().ids().next::<ProfileId>(), mint(1))
}

fn holds(posted: i64, pending_in: i64, pending_out: i64) -> Figures {
    Figures { posted, pending_in, pending_out }
}

fn refused(error: LedgerError) -> Refusal {
    match error {
        LedgerError::Refused(refusal) => refusal,
        other => panic!("{other}"),
    }
}

async fn a_transfer_that_is_asked_for_twice_moves_money_once(world: World) {
    let (ann, ben) = (wallet(&world), wallet(&world));
    world.fill(ann, 100).await;
    let new = world.transfer(ann, ben, 30).reference("rent");
    let first = world.ledger_one(Step::Create(new.clone())).await.unwrap();
    let again = world.ledger_one(Step::Create(new.clone())).await.unwrap();
    assert!(!first.is_replay() && again.is_replay());
    assert_eq!(first.transfer(), again.transfer());
    assert_eq!([world.figures(ann).await, world.figures(ben).await], [holds(70, 0, 0), holds(30, 0, 0)]);
    for other in [
        NewTransfer { amount: atomic(31), ..new.clone() },
        NewTransfer { debit: ben, credit: ann, ..new.clone() },
        new.clone().reference("food"),
        new.clone().pending(None),
    ] {
        let conflict = refused(world.ledger_one(Step::Create(other)).await.unwrap_err());
        assert_eq!(conflict, Refusal::OtherContent { id: new.id });
    }
    world.finish().await;
}

async fn what_is_pending_is_held_until_it_is_decided(world: World) {
    let (ann, ben) = (wallet(&world), wallet(&world));
    world.fill(ann, 100).await;
    let (kept, dropped) = (world.transfer(ann, ben, 60).pending(None), world.transfer(ann, ben, 40).pending(None));
    for new in [&kept, &dropped] {
        world.ledger_one(Step::Create(new.clone())).await.unwrap();
    }
    assert_eq!([world.figures(ann).await, world.figures(ben).await], [holds(100, 0, 100), holds(0, 100, 0)]);
    let short = refused(world.ledger_one(Step::Create(world.transfer(ann, ben, 1))).await.unwrap_err());
    assert_eq!(short, Refusal::InsufficientFunds { account: ann.id(), available: 0, needed: atomic(1) });
    for _ in 0..2 {
        world.ledger_one(Step::Post(kept.id)).await.unwrap();
        world.ledger_one(Step::Void(dropped.id)).await.unwrap();
        assert_eq!([world.figures(ann).await, world.figures(ben).await], [holds(40, 0, 0), holds(60, 0, 0)]);
    }
    let late = refused(world.ledger_one(Step::Void(kept.id)).await.unwrap_err());
    assert_eq!(late, Refusal::NotPending { id: kept.id, state: TransferState::Posted });
    assert!(world.ledger_one(Step::Create(kept)).await.unwrap().is_replay(), "what became of it makes it no other request");
    world.finish().await;
}

async fn what_is_not_decided_in_time_never_happened(world: World) {
    let (ann, ben) = (wallet(&world), wallet(&world));
    world.fill(ann, 100).await;
    let end = world.domain.now().plus(Duration::from_mins(1));
    let new = world.transfer(ann, ben, 60).pending(Some(end));
    world.ledger_one(Step::Create(new.clone())).await.unwrap();
    assert_eq!(void_expired(&world.domain, 10).await.unwrap(), 0);
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(refused(world.ledger_one(Step::Post(new.id)).await.unwrap_err()), Refusal::Expired { id: new.id });
    assert_eq!(void_expired(&world.domain, 10).await.unwrap(), 1);
    assert_eq!(void_expired(&world.domain, 10).await.unwrap(), 0);
    assert_eq!([world.figures(ann).await, world.figures(ben).await], [holds(100, 0, 0), holds(0, 0, 0)]);
    world.finish().await;
}

async fn a_chain_happens_whole_or_not_at_all(world: World) {
    let (ann, ben, cid) = (wallet(&world), wallet(&world), wallet(&world));
    world.fill(ann, 100).await;
    let through = |first: i64, second: i64| {
        Chain::linked(vec![Step::Create(world.transfer(ann, ben, first)), Step::Create(world.transfer(ben, cid, second))])
    };
    let done = world.ledger_apply(&[through(50, 51), through(50, 50)]).await;
    assert!(matches!(done[0], Err(Refusal::InsufficientFunds { .. })), "what the first step gave was not enough for the second");
    let parts = done[1].as_ref().unwrap();
    assert_eq!(parts[0].transfer().chain_id, parts[1].transfer().chain_id);
    assert_eq!(parts[0].transfer().chain_length, Some(2));
    assert_eq!([world.figures(ann).await, world.figures(ben).await], [holds(50, 0, 0), holds(0, 0, 0)]);
    assert_eq!(world.figures(cid).await, holds(50, 0, 0));
    world.finish().await;
}

async fn a_chain_is_asked_for_again_as_it_was(world: World) {
    let (ann, ben) = (wallet(&world), wallet(&world));
    world.fill(ann, 100).await;
    let [one, two, three] = [1, 2, 3].map(|amount| Step::Create(world.transfer(ann, ben, amount)));
    let chain = Chain::linked(vec![one.clone(), two.clone()]);
    world.ledger_apply(std::slice::from_ref(&chain)).await[0].as_ref().unwrap();
    assert!(world.ledger_apply(&[chain]).await[0].as_ref().unwrap().iter().all(domain::ledger::Posted::is_replay));
    for other in [Chain::one(one.clone()), Chain::linked(vec![one.clone(), three]), Chain::linked(vec![one.clone(), two.clone(), one])] {
        assert!(matches!(world.ledger_apply(&[other]).await[0], Err(Refusal::OtherChain { .. })));
    }
    assert_eq!(world.figures(ben).await, holds(3, 0, 0));
    world.finish().await;
}

async fn what_was_posted_is_taken_back_once_by_its_opposite(world: World) {
    let (ann, ben) = (wallet(&world), wallet(&world));
    world.fill(ann, 100).await;
    let new = world.transfer(ann, ben, 30);
    world.ledger_one(Step::Create(new.clone())).await.unwrap();
    let back = Step::Reverse { id: world.transfer_id(), original: new.id };
    assert!(!world.ledger_one(back.clone()).await.unwrap().is_replay());
    assert!(world.ledger_one(back).await.unwrap().is_replay());
    let twice = Step::Reverse { id: world.transfer_id(), original: new.id };
    assert!(matches!(refused(world.ledger_one(twice).await.unwrap_err()), Refusal::Reversed { .. }));
    assert_eq!([world.figures(ann).await, world.figures(ben).await], [holds(100, 0, 0), holds(0, 0, 0)]);
    let unknown = Step::Reverse { id: world.transfer_id(), original: world.transfer_id() };
    assert!(matches!(refused(world.ledger_one(unknown).await.unwrap_err()), Refusal::Missing { .. }));
    world.finish().await;
}

async fn one_that_is_refused_leaves_the_others_of_its_batch_alone(world: World) {
    let (ann, ben) = (wallet(&world), wallet(&world));
    world.fill(ann, 100).await;
    let chains = [60, 60, 40, 1].map(|amount| Chain::one(Step::Create(world.transfer(ann, ben, amount))));
    let done: Vec<_> = world.ledger_apply(&chains).await.iter().map(Result::is_ok).collect();
    assert_eq!(done, [true, false, true, false]);
    assert_eq!([world.figures(ann).await, world.figures(ben).await], [holds(0, 0, 0), holds(100, 0, 0)]);
    world.finish().await;
}

async fn an_amount_that_would_wrap_is_refused(world: World) {
    let (ann, other) = (wallet(&world), Account { mint: mint(2), ..wallet(&world) });
    world.fill(ann, i64::MAX).await;
    let outside = Account::of_house(AccountKind::Custody, mint(1));
    for new in [world.transfer(outside, ann, 1), world.transfer(outside, ann, i64::MAX).pending(None)] {
        let error = refused(world.ledger_one(Step::Create(new)).await.unwrap_err());
        assert_eq!(error, Refusal::Overflow { account: ann.id() });
    }
    world.fill(other, i64::MAX).await;
    let sums = totals(&world.database.db).await.unwrap();
    assert!(sums.iter().any(|total| total.mint == mint(2) && total.posted == i128::from(i64::MAX)));
    world.finish().await;
}

async fn the_simulator_and_the_world_never_touch(world: World) {
    let (ann, ben) = (wallet(&world), wallet(&world).simulated());
    world.fill(ann, 100).await;
    world.fill(ben, 100).await;
    for (from, to) in [(ann, ben), (ben, ann), (ann, Account { mint: mint(2), ..ann }), (ann, ann)] {
        let error = refused(world.ledger_one(Step::Create(world.transfer(from, to, 1))).await.unwrap_err());
        assert!(matches!(error, Refusal::Apart { .. }));
    }
    let (ann, ben) = (sql_id(&world, ann), sql_id(&world, ben));
    assert!(insert(&world, &ann, &ben).await.is_err(), "nor when somebody writes past the rules");
    assert!(insert(&world, &ann, &sql_id(&world, wallet(&world))).await.is_err(), "nor to an account that is not there");
    world.finish().await;
}

async fn the_database_itself_refuses_what_the_rules_forbid(world: World) {
    let (ann, ben) = (wallet(&world), wallet(&world));
    world.fill(ann, 100).await;
    let new = world.transfer(ann, ben, 30).pending(None);
    world.ledger_one(Step::Create(new)).await.unwrap();
    let account = sql_id(&world, ann);
    for sql in [
        format!("UPDATE ledger_accounts SET posted = -1 WHERE id = {account}"),
        format!("UPDATE ledger_accounts SET pending_out = 101 WHERE id = {account}"),
        format!("UPDATE ledger_accounts SET pending_in = 9223372036854775807 WHERE id = {account}"),
        format!("UPDATE ledger_accounts SET kind = 'custody' WHERE id = {account}"),
        "UPDATE ledger_accounts SET simulated = NOT simulated".into(),
        "DELETE FROM ledger_accounts".into(),
        "DELETE FROM ledger_transfers".into(),
        "UPDATE ledger_transfers SET amount = 1".into(),
        "UPDATE ledger_transfers SET amount = 1, state = 'posted', resolved_at = 1 WHERE state = 'pending'".into(),
        "UPDATE ledger_transfers SET state = 'pending', resolved_at = NULL WHERE state = 'posted'".into(),
        "UPDATE ledger_transfers SET state = 'voided' WHERE state = 'posted'".into(),
    ] {
        assert!(world.database.db.execute_unprepared(&sql).await.is_err(), "{sql}");
    }
    world.finish().await;
}

/// Many at once in every direction over the same few accounts.
async fn transfers_that_cross_never_wait_in_a_circle(world: World) {
    let accounts: Vec<Account> = (0..6).map(|_| wallet(&world)).collect();
    for account in &accounts {
        world.fill(*account, 1_000).await;
    }
    let world = std::sync::Arc::new(world);
    let tasks = (0..24).map(|task: usize| {
        let (world, accounts) = (std::sync::Arc::clone(&world), accounts.clone());
        spawn(async move {
            for round in 0..10 {
                let pair = |n: usize| (accounts[(task + n) % 6], accounts[(task * 5 + round + n + 1) % 6]);
                let pairs = (0..4).map(pair).filter(|(from, to)| from != to);
                let chains: Vec<_> = pairs.map(|(from, to)| Chain::one(Step::Create(world.transfer(from, to, 1)))).collect();
                assert!(world.ledger_apply(&chains).await.iter().all(Result::is_ok));
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let mut sum = 0;
    for account in &accounts {
        sum += world.figures(*account).await.posted;
    }
    assert_eq!(sum, 6_000);
    std::sync::Arc::into_inner(world).expect("all tasks are over").finish().await;
}

async fn a_statement_walks_along_its_index(world: World) {
    let (ann, ben) = (wallet(&world), wallet(&world));
    world.fill(ann, 10_000).await;
    let chains: Vec<_> = (0..2_000).map(|n| Chain::one(Step::Create(world.transfer(ann, ben, 1 + n % 3)))).collect();
    world.ledger_apply(&chains).await;
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let accounts = [ann, ben];
        let page = statement(&world.database.db, &Statement { accounts: &accounts, before, rows_max: 700 }).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some((last.transfer.created_at, last.transfer.id));
        seen.extend(page.into_iter().map(|entry| entry.transfer.id));
    }
    assert_eq!(seen.len(), 2_001);
    let mut each = seen.clone();
    each.sort_unstable();
    each.dedup();
    assert_eq!(each.len(), 2_001, "none twice");
    for plan in domain::ledger::explain(&world.database.db, ann).await.unwrap() {
        assert!(!plan.contains("Seq Scan") && !plan.contains("SCAN ledger_transfers") && plan.contains("ledger_transfers_"), "{plan}");
    }
    world.finish().await;
}

fn sql_id(world: &World, account: Account) -> String {
    let hex = uuid::Uuid::from(account.id()).as_simple().to_string();
    if world.database.kind == testkit::Kind::Sqlite { format!("X'{hex}'") } else { format!("'{hex}'") }
}

async fn insert(world: &World, debit: &str, credit: &str) -> Result<(), sea_orm::DbErr> {
    let id = sql_id(world, wallet(world));
    let sql = format!(
        "INSERT INTO ledger_transfers (id, debit_account_id, credit_account_id, amount, state, two_phase, kind, created_at, resolved_at)
         VALUES ({id}, {debit}, {credit}, 1, 'posted', FALSE, 'pay', 1, 1)"
    );
    world.database.db.execute_unprepared(&sql).await.map(drop)
}

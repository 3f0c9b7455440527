//! Whoever writes past the rules is found out. The triggers are taken away for it, as somebody with the database's password could.

use domain::entities::id::ProfileId;
use domain::ledger::{Account, AccountKind, Chain, Step};
use testkit::{Kind, World, mint};

crate::on_every_engine!(a_ledger_that_was_tampered_with_says_where, a_ledger_of_many_accounts_is_checked_page_by_page);

const TRIGGERS: [&str; 7] = [
    "ledger_accounts_stay",
    "ledger_accounts_full",
    "ledger_accounts_keep",
    "ledger_transfers_stay",
    "ledger_transfers_full",
    "ledger_transfers_keep",
    "ledger_transfers_apart",
];

/// Take triggers and checks away.
async fn unlock(world: &World) {
    for trigger in TRIGGERS {
        let table = trigger.rsplit_once('_').map(|(table, _)| table).unwrap_or_default();
        match world.database.kind {
            Kind::Sqlite => world.database.execute(&format!("DROP TRIGGER IF EXISTS {trigger}")).await,
            _ => world.database.execute(&format!("DROP TRIGGER {trigger} ON {table}")).await,
        }
    }
    if world.database.kind != Kind::Sqlite {
        let drop = "DO $$ DECLARE r record; BEGIN
            FOR r IN SELECT conrelid::regclass AS t, conname FROM pg_constraint
                     WHERE contype = 'c' AND conrelid IN ('ledger_accounts'::regclass, 'ledger_transfers'::regclass)
            LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', r.t, r.conname); END LOOP; END $$";
        world.database.execute(drop).await;
    }
}

/// A world with a little of everything: deposits, a pending transfer, a chain, a reversal, a simulated account.
async fn set(kind: Kind) -> World {
    let world = World::on(kind).await;
    let wallet = |world: &World| Account::of(AccountKind::Agent, world.domain.queue().ids().next::<ProfileId>(), mint(1));
    let (ann, ben) = (wallet(&world), wallet(&world));
    world.fill(ann, 100).await;
    world.fill(wallet(&world).simulated(), 100).await;
    world.ledger_one(Step::Create(world.transfer(ann, ben, 5).pending(None))).await.unwrap();
    let paid = world.transfer(ann, ben, 7);
    let chain = Chain::linked(vec![Step::Create(paid.clone()), Step::Create(world.transfer(ann, ben, 2))]);
    world.ledger_apply(&[chain]).await[0].as_ref().unwrap();
    world.ledger_one(Step::Reverse { id: world.transfer_id(), original: paid.id }).await.unwrap();
    assert_eq!(world.ledger_breaks().await, Vec::<String>::new());
    unlock(&world).await;
    world
}

async fn a_ledger_that_was_tampered_with_says_where(world: World) {
    let kind = world.database.kind;
    world.finish().await;
    let agent = "kind = 'agent' AND NOT simulated";
    for (tampering, promises) in [
        (format!("UPDATE ledger_accounts SET posted = posted + 1 WHERE {agent} AND posted > 50"), &["figures", "zero"][..]),
        (format!("UPDATE ledger_accounts SET pending_out = pending_out + 1 WHERE {agent} AND pending_out > 0"), &["figures", "zero"]),
        (
            format!("UPDATE ledger_accounts SET posted = 1, pending_out = 5 WHERE {agent} AND posted > 50"),
            &["figures", "overdraft", "zero"],
        ),
        ("DELETE FROM ledger_transfers WHERE chain_id IS NOT NULL AND amount = 2".into(), &["figures", "chain"]),
        ("UPDATE ledger_transfers SET state = 'posted', resolved_at = created_at WHERE state = 'pending'".into(), &["figures"]),
        ("UPDATE ledger_transfers SET state = 'pending' WHERE amount = 2".into(), &["figures", "state"]),
        ("UPDATE ledger_transfers SET amount = 8 WHERE reverses_id IS NOT NULL".into(), &["figures", "reversal"]),
        (format!("UPDATE ledger_accounts SET simulated = TRUE WHERE {agent} AND posted > 50"), &["zero", "apart"]),
        ("UPDATE ledger_accounts SET kind = 'purse' WHERE simulated AND kind = 'agent'".into(), &["state"]),
    ] {
        let world = set(kind).await;
        // SQLite keeps its checks in the table; each connection may look away.
        if kind == Kind::Sqlite {
            world
                .database
                .execute(&format!("PRAGMA ignore_check_constraints = ON; {tampering}; PRAGMA ignore_check_constraints = OFF"))
                .await;
        } else {
            world.database.execute(&tampering).await;
        }
        let found = world.ledger_breaks_of(promises).await;
        assert!(found.is_ok(), "{tampering}: {found:?}");
        world.shut_down().await;
    }
}

async fn a_ledger_of_many_accounts_is_checked_page_by_page(world: World) {
    let outside = Account::of_house(AccountKind::Outside, mint(1));
    let wallet = || Account::of(AccountKind::Agent, world.domain.queue().ids().next::<ProfileId>(), mint(1));
    let chains: Vec<_> = (0..1_200).map(|n| Chain::one(Step::Create(world.transfer(outside, wallet(), n)))).collect();
    assert!(world.ledger_apply(&chains).await.iter().all(Result::is_ok));
    let mut told = Vec::new();
    let breaks = domain::ledger::verify(&world.database.db, |progress| told.push(progress.done)).await.unwrap();
    assert!(breaks.is_empty());
    assert_eq!(told, [500, 1_000, 1_201, 1_202, 1_203, 1_204, 1_205, 1_206]);
    unlock(&world).await;
    world.database.execute("UPDATE ledger_accounts SET posted = posted + 1 WHERE kind = 'agent'").await;
    let figures = world.ledger_breaks().await.into_iter().filter(|sentence| sentence.starts_with("figures")).count();
    assert_eq!(figures, 101, "a hundred of them, and that there are more");
    world.shut_down().await;
}

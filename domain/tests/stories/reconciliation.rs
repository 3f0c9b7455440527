//! Chain and books are compared, and what nobody can explain stops what is paid out.

use domain::ledger::{Account, AccountKind, NewTransfer, Step, TransferKind};
use testkit::{Shore, atomic};

crate::deposits::on_both_shores!(
    what_came_in_agrees_with_the_books,
    money_that_is_gone_stops_payouts_until_it_is_back,
    what_left_is_a_payout_in_flight_or_stops_them,
    what_nobody_can_read_yet_is_no_verdict,
    a_deposit_that_the_books_lost_is_found,
    a_node_that_is_away_decides_nothing,
);

async fn check(shore: &Shore) -> domain::reconciliation::CustodyCheck {
    shore.world.domain.reconciliation().check_all().await.unwrap().remove(0)
}

async fn is_stopped(shore: &Shore) -> bool {
    shore.world.domain.reconciliation().is_stopped(shore.world.house_mint()).await.unwrap()
}

async fn what_came_in_agrees_with_the_books(shore: Shore) {
    assert!(!is_stopped(&shore).await, "nobody has looked yet");
    shore.deposits(100);
    shore.strays(7);
    // Nobody has indexed it: the comparison does.
    let found = check(&shore).await;
    assert_eq!((found.custody, found.expected, found.liabilities, found.unattributed, found.drift), (107, 107, 107, 7, 0));
    assert_eq!((found.stopped, found.reason), (false, None));
    shore.world.finish().await;
}

async fn money_that_is_gone_stops_payouts_until_it_is_back(shore: Shore) {
    shore.deposits(100);
    check(&shore).await;
    for by in [-1, 1] {
        shore.cluster.skew(by);
        let found = check(&shore).await;
        assert_eq!((found.stopped, found.drift, found.unexplained), (true, by, by));
        let reason = found.reason.unwrap();
        assert!(reason.contains("add up to 100"), "{reason}");
        assert!(is_stopped(&shore).await);
        let since = found.stopped_at;
        assert_eq!(check(&shore).await.stopped_at, since);
        shore.cluster.skew(0);
        assert!(!check(&shore).await.stopped);
        assert!(!is_stopped(&shore).await);
    }
    assert_eq!(shore.world.told("ops").await, ["stopped", "resumed", "stopped", "resumed"]);
    shore.world.finish().await;
}

async fn what_left_is_a_payout_in_flight_or_stops_them(shore: Shore) {
    let (world, mint) = (&shore.world, shore.world.house_mint());
    shore.deposits(100);
    shore.index().await;
    let vendor = world.vendor().await.profile;
    let of = |kind| Account::of(kind, vendor, mint);
    let agent = Account::of(AccountKind::Agent, shore.agent.profile, mint);
    let go = async |from, to, kind| {
        world.ledger_one(Step::Create(NewTransfer::new(world.transfer_id(), from, to, atomic(30), kind))).await.unwrap();
    };
    go(agent, of(AccountKind::VendorUnsettled), TransferKind::Pay).await;
    go(of(AccountKind::VendorUnsettled), of(AccountKind::VendorInFlight), TransferKind::Payout).await;
    let found = check(&shore).await;
    assert_eq!((found.stopped, found.in_flight, found.drift), (false, 30, 0), "it has not left yet");

    shore.cluster.pays_out(shore.custody, mint, 30);
    let found = check(&shore).await;
    assert_eq!((found.stopped, found.custody, found.drift, found.unexplained), (false, 70, -30, 0), "it has left and is not posted");

    go(of(AccountKind::VendorInFlight), of(AccountKind::VendorSettled), TransferKind::PayoutSettled).await;
    let found = check(&shore).await;
    assert_eq!((found.stopped, found.expected, found.drift, found.liabilities), (false, 70, 0, 70));

    shore.cluster.pays_out(shore.custody, mint, 5);
    let found = check(&shore).await;
    assert_eq!((found.stopped, found.drift, found.unexplained), (true, -5, -5));
    assert!(found.reason.unwrap().contains("5 has left on chain that is no payout"));
    shore.world.finish().await;
}

async fn what_nobody_can_read_yet_is_no_verdict(shore: Shore) {
    shore.deposits(100);
    let late = shore.deposits(11);
    shore.cluster.withholds(late);
    let found = check(&shore).await;
    assert_eq!((found.stopped, found.unread, found.drift), (false, 1, 11));
    assert!(found.reason.unwrap().contains("1 transactions"), "it says what it waits for");
    shore.cluster.withholds_nothing();
    shore.world.database.execute("UPDATE custody_signatures SET look_at = 0").await;
    let found = check(&shore).await;
    assert_eq!((found.stopped, found.unread, found.drift, found.reason), (false, 0, 0, None));
    shore.world.finish().await;
}

async fn a_deposit_that_the_books_lost_is_found(shore: Shore) {
    shore.deposits(100);
    shore.index().await;
    // Money that the books have from custody and that no transaction brought.
    let (custody, agent) = (
        Account::of_house(AccountKind::Custody, shore.world.house_mint()),
        Account::of(AccountKind::Agent, shore.agent.profile, shore.world.house_mint()),
    );
    shore.world.ledger_one(Step::Create(shore.world.transfer(custody, agent, 9))).await.unwrap();
    let found = check(&shore).await;
    assert_eq!((found.stopped, found.drift, found.unexplained), (true, -9, -9));
    assert!(found.reason.unwrap().contains("100 has arrived on chain, and the books have 109"));
    shore.world.finish().await;
}

async fn a_node_that_is_away_decides_nothing(shore: Shore) {
    shore.deposits(100);
    let before = check(&shore).await;
    shore.cluster.skew(-5);
    for answers in 0..4 {
        shore.cluster.goes_away_after(answers);
        assert!(shore.world.domain.reconciliation().check_all().await.is_err());
        shore.cluster.is_back();
        assert_eq!(shore.world.domain.reconciliation().list().await.unwrap(), std::slice::from_ref(&before));
    }
    shore.world.finish().await;
}

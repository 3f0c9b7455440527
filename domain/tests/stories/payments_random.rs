//! Many payments by chance, with ids that come again, sometimes for something else: each id is paid once, and the ledger stays whole.

use std::collections::HashMap;

use domain::entities::id::{ProfileId, TransferId};
use domain::payments::PayRequest;
use futures::future::join_all;
use testkit::{Trader, World, atomic};

use crate::ledger_random::Dice;

crate::on_every_engine!(each_id_is_paid_once_whatever_comes_with_it);

const ROUNDS: usize = 30;
const AT_ONCE: usize = 40;

async fn each_id_is_paid_once_whatever_comes_with_it(world: World) {
    let payers = join_all((0..6).map(|n| world.payer(100 * n))).await;
    let vendors = join_all((0..3).map(|_| world.vendor())).await;
    let mut dice = Dice::new(world.domain.now().micros());
    let mut asked: Vec<(Trader, PayRequest)> = Vec::new();
    let mut paid: HashMap<TransferId, (ProfileId, i64)> = HashMap::new();
    for _ in 0..ROUNDS {
        let round: Vec<(Trader, PayRequest)> = (0..AT_ONCE).map(|_| think_of(&world, &mut dice, &payers, &vendors, &mut asked)).collect();
        let payments = world.domain.payments();
        let answers = join_all(round.iter().map(async |(payer, request)| payments.pay(&payer.caller, request.clone(), None).await)).await;
        let content = |request: &PayRequest| (request.to, request.amount.atomic());
        for ((_, request), answer) in round.iter().zip(&answers) {
            if answer.as_ref().is_ok_and(|answer| !answer.is_replay()) {
                assert_eq!(paid.insert(request.id, content(request)), None, "paid twice, seed {}", dice.seed);
            }
        }
        // Which of two in one round came first is chance, so what was not the first is looked at afterwards: whoever asked for what is paid is told so,
        // and nobody else.
        for ((_, request), answer) in round.iter().zip(&answers) {
            assert_eq!(paid.get(&request.id) == Some(&content(request)), answer.is_ok(), "seed {}: {answer:?}", dice.seed);
        }
    }
    for vendor in &vendors {
        let earned = world.domain.payments().vendor_balances(&vendor.caller).await.unwrap()[0].unsettled;
        let expected = paid.values().filter(|(to, _)| *to == vendor.profile).map(|(_, amount)| amount).sum();
        assert_eq!(earned, atomic(expected), "seed {}", dice.seed);
    }
    assert!(paid.len() > 50, "some were paid: {}", paid.len());
    world.finish().await;
}

/// A new payment, one that was asked for before, or one with the id of another and other content.
fn think_of(
    world: &World,
    dice: &mut Dice,
    payers: &[Trader],
    vendors: &[Trader],
    asked: &mut Vec<(Trader, PayRequest)>,
) -> (Trader, PayRequest) {
    let earlier = (!asked.is_empty()).then(|| asked[dice.below(asked.len())].clone());
    let wish = match (dice.below(10), earlier) {
        (0..3, Some(earlier)) => earlier,
        (3, Some((payer, request))) => (payer, PayRequest { amount: atomic(request.amount.atomic() + 1), ..request }),
        _ => {
            let (payer, vendor) = (payers[dice.below(payers.len())], vendors[dice.below(vendors.len())]);
            (payer, world.payment(&vendor, i64::try_from(1 + dice.below(5)).unwrap()))
        }
    };
    asked.push(wish.clone());
    wish
}

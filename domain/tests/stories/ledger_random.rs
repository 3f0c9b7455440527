//! A hundred thousand operations by chance, against a model that is too simple to be wrong. `./test --long` takes a million.

mod dice;
mod model;

use std::time::Duration;

use domain::ledger::{Chain, Figures, Refusal, balance, totals};
use testkit::{World, long_campaigns};

pub use dice::Dice;
use model::Model;

crate::on_every_engine!(the_ledger_does_what_the_model_does);

const OPERATIONS_OF_BATCH: usize = 500;

async fn the_ledger_does_what_the_model_does(world: World) {
    let operations = if long_campaigns() { 1_000_000 } else { 100_000 };
    let mut dice = Dice::new(world.domain.now().micros());
    let mut model = Model::new(&world);
    let mut done = 0;
    while done < operations {
        let mut chains: Vec<Chain> = Vec::new();
        let mut asked = 0;
        while asked < OPERATIONS_OF_BATCH {
            let chain = model.think_of(&mut dice, &world);
            asked += chain.steps().len();
            chains.push(chain);
        }
        let answers = world.ledger_apply(&chains).await;
        for (chain, answer) in chains.iter().zip(&answers) {
            let expected = model.take(chain, world.domain.now());
            let answered = answer.as_ref().map(Vec::len).map_err(Refusal::to_string);
            assert_eq!(answer.is_ok(), expected.is_ok(), "seed {}: {chain:?}: {answered:?}, expected {expected:?}", dice.seed);
        }
        done += asked;
        compare(&world, &model, dice.seed).await;
        world.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(world.database.count("SELECT count(*) FROM ledger_transfers").await, model.transfers(), "seed {}", dice.seed);
    world.finish().await;
}

/// After every commit each account holds what the model says, and all of a mint nothing.
async fn compare(world: &World, model: &Model, seed: u64) {
    let sums = totals(&world.database.db).await.unwrap();
    let mut worlds: Vec<_> = sums.iter().map(|total| (total.mint, total.simulated)).collect();
    worlds.dedup();
    for (mint, simulated) in worlds {
        let of_mint = sums.iter().filter(|total| (total.mint, total.simulated) == (mint, simulated));
        assert_eq!(of_mint.map(|total| total.posted).sum::<i128>(), 0, "seed {seed}");
    }
    for (account, expected) in model.accounts() {
        let figures = balance(&world.database.db, account).await.unwrap();
        let expected = expected.map(|figure| i64::try_from(figure).unwrap());
        assert_eq!(figures, Figures { posted: expected[0], pending_in: expected[1], pending_out: expected[2] }, "seed {seed}");
    }
}

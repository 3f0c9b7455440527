//! The ledger in a few lines: a map of figures, a map of transfers, and a copy of both before every chain.

use std::collections::HashMap;
use std::time::Duration;

use domain::entities::Timestamp;
use domain::entities::id::{ProfileId, TransferId};
use domain::ledger::{Account, AccountKind, Chain, NewTransfer, Phase, Step};
use testkit::{World, atomic, mint};

use super::dice::Dice;

const KINDS: [AccountKind; 5] =
    [AccountKind::Custody, AccountKind::Agent, AccountKind::VendorUnsettled, AccountKind::VendorInFlight, AccountKind::Receivable];
/// How many of the newest transfers are thought of when one is to be decided, repeated or taken back.
const REMEMBERED: usize = 400;

#[derive(Clone)]
struct Known {
    new: NewTransfer,
    state: State,
    reverses: Option<TransferId>,
    /// Chains by number, with their lengths.
    chain: (usize, usize),
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Pending,
    Posted,
    Voided,
}

/// Whether a step makes a transfer, and if it was there before, in which chain.
#[derive(PartialEq)]
enum Made {
    Now,
    Before((usize, usize)),
    Nothing,
}

pub struct Model {
    names: Vec<Account>,
    /// Posted, expected, held.
    figures: HashMap<Account, [i128; 3]>,
    known: HashMap<TransferId, Known>,
    reversed: HashMap<TransferId, TransferId>,
    order: Vec<Step>,
    chains: usize,
}

impl Model {
    pub fn new(world: &World) -> Self {
        let mut names = Vec::new();
        for number in 0..40 {
            let mut account = Account::of(KINDS[number % KINDS.len()], world.domain.queue().ids().next::<ProfileId>(), mint(1));
            if number % 7 == 0 {
                account.mint = mint(2);
            }
            names.push(if number % 11 == 0 { account.simulated() } else { account });
        }
        Self { names, figures: HashMap::new(), known: HashMap::new(), reversed: HashMap::new(), order: Vec::new(), chains: 0 }
    }

    pub fn accounts(&self) -> impl Iterator<Item = (Account, [i128; 3])> {
        self.names.iter().map(|name| (*name, self.figures.get(name).copied().unwrap_or_default()))
    }

    pub fn transfers(&self) -> i64 {
        i64::try_from(self.known.len()).unwrap()
    }

    /// Something to ask for.
    pub fn think_of(&mut self, dice: &mut Dice, world: &World) -> Chain {
        let length = if dice.below(12) == 0 { 2 + dice.below(3) } else { 1 };
        let chain = Chain::linked((0..length).map(|_| self.step(dice, world)).collect());
        if dice.below(60) == 0 {
            return chain;
        }
        self.order.extend(chain.steps().iter().cloned());
        if self.order.len() > 2 * REMEMBERED {
            self.order.drain(..REMEMBERED);
        }
        chain
    }

    fn step(&self, dice: &mut Dice, world: &World) -> Step {
        let earlier = (!self.order.is_empty()).then(|| &self.order[dice.below(self.order.len())]);
        let id_of = |step: &Step| match step {
            Step::Create(new) => new.id,
            Step::Post(id) | Step::Void(id) | Step::Reverse { id, .. } => *id,
        };
        match (dice.below(100), earlier) {
            (0..12, Some(step)) => Step::Post(id_of(step)),
            (12..20, Some(step)) => Step::Void(id_of(step)),
            (20..26, Some(step)) => Step::Reverse { id: world.transfer_id(), original: id_of(step) },
            (26..31, Some(step)) => step.clone(),
            (31..34, Some(Step::Create(new))) => Step::Create(NewTransfer { amount: atomic(new.amount.atomic() / 2 + 1), ..new.clone() }),
            _ => Step::Create(self.transfer(dice, world)),
        }
    }

    fn transfer(&self, dice: &mut Dice, world: &World) -> NewTransfer {
        let from = self.names[dice.below(self.names.len())];
        // Mostly one that money can go to.
        let fitting: Vec<_> = self.names.iter().filter(|to| (to.mint, to.simulated) == (from.mint, from.simulated)).collect();
        let to = if dice.below(50) == 0 { self.names[dice.below(self.names.len())] } else { *fitting[dice.below(fitting.len())] };
        let amount = match dice.below(40) {
            0 => i64::MAX,
            1 => i64::MAX / 2,
            2 => 0,
            _ => i64::try_from(dice.below(1_000)).unwrap(),
        };
        let new = world.transfer(from, to, amount);
        let soon = world.domain.now().plus(Duration::from_secs(dice.below(4) as u64));
        match dice.below(10) {
            0 | 1 => new.pending(None),
            2 => new.pending(Some(soon)),
            _ => new,
        }
    }

    /// Take a chain, or refuse it whole.
    pub fn take(&mut self, chain: &Chain, now: Timestamp) -> Result<(), &'static str> {
        let before = (self.figures.clone(), self.reversed.len());
        self.chains += 1;
        let made = chain.steps().iter().filter(|step| matches!(step, Step::Create(_) | Step::Reverse { .. })).count();
        let tie = if made > 1 { (self.chains, made) } else { (0, 1) };
        let mut undo: Vec<(TransferId, Option<Known>)> = Vec::new();
        let mut reversed = Vec::new();
        let mut replays = Vec::new();
        let mut taken = Ok(());
        for step in chain.steps() {
            taken = self.take_step(step, now, tie, &mut undo, &mut reversed).map(|made| replays.push(made));
            if taken.is_err() {
                break;
            }
        }
        // Made before: all of them, together, and no others.
        replays.retain(|made| *made != Made::Nothing);
        if let (true, Some(Made::Before(first))) = (taken.is_ok(), replays.iter().find(|made| **made != Made::Now)) {
            let together = replays.iter().all(|made| *made == Made::Before(*first)) && first.1 == tie.1;
            taken = if together { Ok(()) } else { Err("another chain") };
        }
        if taken.is_err() {
            self.figures = before.0;
            for (id, known) in undo.into_iter().rev() {
                match known {
                    Some(known) => drop(self.known.insert(id, known)),
                    None => drop(self.known.remove(&id)),
                }
            }
            for original in reversed {
                self.reversed.remove(&original);
            }
            assert_eq!(self.reversed.len(), before.1);
        }
        taken
    }

    fn take_step(
        &mut self,
        step: &Step,
        now: Timestamp,
        chain: (usize, usize),
        undo: &mut Vec<(TransferId, Option<Known>)>,
        reversed: &mut Vec<TransferId>,
    ) -> Result<Made, &'static str> {
        match step {
            Step::Create(new) => {
                if let Some(known) = self.known.get(&new.id) {
                    let same = known.reverses.is_none() && NewTransfer { latency: None, ..known.new.clone() } == *new;
                    return if same { Ok(Made::Before(known.chain)) } else { Err("other content") };
                }
                if (new.debit.mint, new.debit.simulated) != (new.credit.mint, new.credit.simulated) || new.debit == new.credit {
                    return Err("apart");
                }
                let state = if new.phase == Phase::Posted { State::Posted } else { State::Pending };
                self.put(Known { new: new.clone(), state, reverses: None, chain }, undo)?;
                Ok(Made::Now)
            }
            Step::Reverse { id, original } => {
                if let Some(known) = self.known.get(id) {
                    return if known.reverses == Some(*original) { Ok(Made::Before(known.chain)) } else { Err("other content") };
                }
                let of = self.known.get(original).ok_or("missing")?.clone();
                if of.state != State::Posted || self.reversed.contains_key(original) {
                    return Err("not to be reversed");
                }
                let new = NewTransfer { id: *id, debit: of.new.credit, credit: of.new.debit, phase: Phase::Posted, ..of.new };
                self.put(Known { new, state: State::Posted, reverses: Some(*original), chain }, undo)?;
                self.reversed.insert(*original, *id);
                reversed.push(*original);
                Ok(Made::Now)
            }
            Step::Post(id) => self.decide(*id, State::Posted, now, undo).map(|()| Made::Nothing),
            Step::Void(id) => self.decide(*id, State::Voided, now, undo).map(|()| Made::Nothing),
        }
    }

    fn put(&mut self, known: Known, undo: &mut Vec<(TransferId, Option<Known>)>) -> Result<(), &'static str> {
        let (new, amount) = (&known.new, i128::from(known.new.amount.atomic()));
        let (out, into) = if known.state == State::Pending { ([0, 0, amount], [0, amount, 0]) } else { ([-amount, 0, 0], [amount, 0, 0]) };
        self.add(new.debit, out, true)?;
        self.add(new.credit, into, false)?;
        undo.push((new.id, None));
        self.known.insert(new.id, known);
        Ok(())
    }

    fn decide(
        &mut self,
        id: TransferId,
        state: State,
        now: Timestamp,
        undo: &mut Vec<(TransferId, Option<Known>)>,
    ) -> Result<(), &'static str> {
        let known = self.known.get(&id).ok_or("missing")?.clone();
        let Phase::Pending { expires_at } = known.new.phase else { return Err("it happened at once") };
        if known.state == state {
            return Ok(());
        }
        if known.state != State::Pending || (state == State::Posted && expires_at.is_some_and(|end| end <= now)) {
            return Err("decided otherwise, or too late");
        }
        let amount = i128::from(known.new.amount.atomic());
        let posted = if state == State::Posted { amount } else { 0 };
        self.add(known.new.debit, [-posted, 0, -amount], true)?;
        self.add(known.new.credit, [posted, -amount, 0], false)?;
        undo.push((id, Some(known.clone())));
        self.known.insert(id, Known { state, ..known });
        Ok(())
    }

    fn add(&mut self, account: Account, change: [i128; 3], falls: bool) -> Result<(), &'static str> {
        let figures = self.figures.entry(account).or_default();
        for (figure, change) in figures.iter_mut().zip(change) {
            *figure += change;
        }
        let [posted, expected, held] = *figures;
        let free = matches!(account.kind, AccountKind::Custody | AccountKind::Receivable);
        let most = i128::from(i64::MAX);
        let over = falls && !free && posted < held;
        let over = over || expected > most || held > most;
        if over || posted + expected > most || posted - held < -most { Err("figures") } else { Ok(()) }
    }
}

//! The ledger's rules, on the accounts and transfers that a transaction has locked. No SQL: what is decided here is written afterwards.

use std::collections::HashMap;

use entities::id::{AccountId, TransferId};
use entities::ledger_account::Kind;
use entities::ledger_transfer::{Kind as TransferKind, State};
use entities::{Amount, Timestamp};
use uuid::Uuid;

use super::figures::{Change, Trouble};
use super::{Account, Chain, Figures, NewTransfer, Phase, Posted, Refusal, Step, Transfer};

/// What is known of the accounts and transfers of a batch.
#[derive(Debug)]
pub(crate) struct Book {
    pub(super) now: Timestamp,
    pub(super) accounts: HashMap<AccountId, Held>,
    pub(super) transfers: HashMap<TransferId, Known>,
    /// Which transfers were taken back, and by which.
    pub(super) reversed: HashMap<TransferId, TransferId>,
    undo: Vec<Undo>,
}

/// One account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub kind: Kind,
    /// What it holds; of one that is not locked, what it is given.
    pub figures: Figures,
    pub is_changed: bool,
    /// It is not locked, so its figures are only what is to be added to them. The figures of an account that everybody pays to would
    /// keep all payers waiting for each other.
    pub is_blind: bool,
    /// It was not there, and is opened when something is to be written.
    pub opens: Option<Account>,
}

impl Held {
    /// One that nothing is known of.
    pub fn nothing(kind: Kind) -> Self {
        Self { kind, figures: Figures::default(), is_changed: false, is_blind: false, opens: None }
    }
}

/// One transfer, and what has to be written of it.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub transfer: Transfer,
    pub unwritten: Unwritten,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unwritten {
    Nothing,
    All,
    Resolution,
}

#[derive(Debug)]
enum Undo {
    Figures(AccountId, Held),
    Created(TransferId),
    Resolved(TransferId, Known),
    Reversed(TransferId),
}

/// What the transfers of a chain have in common.
#[derive(Debug, Clone, Copy)]
struct Tie {
    id: Uuid,
    length: i32,
}

impl Book {
    pub(super) fn new(
        now: Timestamp,
        accounts: HashMap<AccountId, Held>,
        transfers: Vec<Transfer>,
        reversed: HashMap<TransferId, TransferId>,
    ) -> Self {
        let mut book = Self { now, accounts, transfers: HashMap::with_capacity(transfers.len()), reversed, undo: Vec::new() };
        book.learn(transfers);
        book
    }

    /// When the accounts were locked.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Take in transfers that are there.
    pub(super) fn learn(&mut self, there: Vec<Transfer>) {
        let known = |transfer: Transfer| (transfer.id, Known { transfer, unwritten: Unwritten::Nothing });
        self.transfers.extend(there.into_iter().map(known));
    }

    /// What an account holds by now; nothing when it was never used.
    pub(crate) fn figures(&self, account: AccountId) -> Figures {
        self.accounts.get(&account).map(|held| held.figures).unwrap_or_default()
    }

    /// The transfer of that id, if there is one.
    pub(crate) fn transfer(&self, id: TransferId) -> Option<&Transfer> {
        self.transfers.get(&id).map(|known| &known.transfer)
    }

    /// Whether this asks again for a transfer that is there, exactly so.
    pub(crate) fn is_replay(&self, new: &NewTransfer) -> bool {
        self.transfer(new.id).is_some_and(|there| is_same(there, new))
    }

    /// Take the steps of a chain, or none of them.
    pub(crate) fn run(&mut self, chain: &Chain, next_id: impl FnOnce() -> Uuid) -> Result<Vec<Posted>, Refusal> {
        self.undo.clear();
        let length = chain.transfers();
        let tie = (length > 1).then(|| Tie { id: next_id(), length: i32::try_from(length).unwrap_or(i32::MAX) });
        let done = chain.steps().iter().map(|step| self.step(step, tie)).collect::<Result<Vec<_>, _>>();
        let done = done.and_then(|done| refuse_mixture(chain, &done, tie).map(|()| done));
        if done.is_err() {
            self.roll_back();
        }
        done
    }

    fn step(&mut self, step: &Step, tie: Option<Tie>) -> Result<Posted, Refusal> {
        match step {
            Step::Create(new) => self.create(new, tie),
            Step::Post(id) => self.resolve(*id, State::Posted),
            Step::Void(id) => self.resolve(*id, State::Voided),
            Step::Reverse { id, original } => self.reverse(*id, *original, tie),
        }
    }

    fn create(&mut self, new: &NewTransfer, tie: Option<Tie>) -> Result<Posted, Refusal> {
        if let Some(there) = self.transfer(new.id) {
            let refused = Err(Refusal::OtherContent { id: new.id });
            return if is_same(there, new) { Ok(Posted::Existed(there.clone())) } else { refused };
        }
        let (debit, credit) = (new.debit.id(), new.credit.id());
        if new.debit.mint != new.credit.mint || new.debit.simulated != new.credit.simulated || debit == credit {
            return Err(Refusal::Apart { debit, credit });
        }
        let (two_phase, expires_at) = match new.phase {
            Phase::Posted => (false, None),
            Phase::Pending { expires_at } => (true, expires_at),
        };
        let transfer = Transfer {
            id: new.id,
            debit_account_id: debit,
            credit_account_id: credit,
            amount: new.amount,
            state: if two_phase { State::Pending } else { State::Posted },
            two_phase,
            kind: new.kind,
            reference: new.reference_text().map(str::to_owned),
            chain_id: tie.map(|tie| tie.id),
            chain_length: tie.map(|tie| tie.length),
            reverses_id: None,
            expires_at,
            latency_us: new.latency.map(|latency| i32::try_from(latency.as_micros()).unwrap_or(i32::MAX)),
            created_at: self.now,
            resolved_at: (!two_phase).then_some(self.now),
        };
        self.insert(transfer)
    }

    fn reverse(&mut self, id: TransferId, original: TransferId, tie: Option<Tie>) -> Result<Posted, Refusal> {
        if let Some(there) = self.transfer(id) {
            let refused = Err(Refusal::OtherContent { id });
            return if there.reverses_id == Some(original) { Ok(Posted::Existed(there.clone())) } else { refused };
        }
        let of = self.transfer(original).ok_or(Refusal::Missing { id: original })?.clone();
        if of.state != State::Posted {
            return Err(Refusal::NotPosted { id: original, state: of.state });
        }
        if let Some(by) = self.reversed.get(&original) {
            return Err(Refusal::Reversed { id: original, by: *by });
        }
        let opposite = Transfer {
            id,
            debit_account_id: of.credit_account_id,
            credit_account_id: of.debit_account_id,
            two_phase: false,
            kind: TransferKind::Reversal,
            chain_id: tie.map(|tie| tie.id),
            chain_length: tie.map(|tie| tie.length),
            reverses_id: Some(original),
            expires_at: None,
            latency_us: None,
            created_at: self.now,
            resolved_at: Some(self.now),
            ..of
        };
        let done = self.insert(opposite)?;
        self.reversed.insert(original, id);
        self.undo.push(Undo::Reversed(original));
        Ok(done)
    }

    fn insert(&mut self, transfer: Transfer) -> Result<Posted, Refusal> {
        let amount = i128::from(transfer.amount.atomic());
        let (debit, credit) = if transfer.state == State::Pending {
            (Change { pending_out: amount, ..Change::default() }, Change { pending_in: amount, ..Change::default() })
        } else {
            (Change { posted: -amount, ..Change::default() }, Change { posted: amount, ..Change::default() })
        };
        self.change(&transfer, debit, credit)?;
        self.undo.push(Undo::Created(transfer.id));
        self.transfers.insert(transfer.id, Known { transfer: transfer.clone(), unwritten: Unwritten::All });
        Ok(Posted::Created(transfer))
    }

    fn resolve(&mut self, id: TransferId, state: State) -> Result<Posted, Refusal> {
        let known = self.transfers.get(&id).ok_or(Refusal::Missing { id })?.clone();
        let mut transfer = known.transfer.clone();
        if transfer.state == state && transfer.two_phase {
            return Ok(Posted::Existed(transfer));
        }
        if transfer.state != State::Pending {
            return Err(Refusal::NotPending { id, state: transfer.state });
        }
        if state == State::Posted && transfer.expires_at.is_some_and(|end| end <= self.now) {
            return Err(Refusal::Expired { id });
        }
        let amount = i128::from(transfer.amount.atomic());
        let posted = if state == State::Posted { amount } else { 0 };
        let debit = Change { posted: -posted, pending_out: -amount, ..Change::default() };
        let credit = Change { posted, pending_in: -amount, ..Change::default() };
        self.change(&transfer, debit, credit)?;
        transfer.state = state;
        transfer.resolved_at = Some(self.now);
        let unwritten = if known.unwritten == Unwritten::All { Unwritten::All } else { Unwritten::Resolution };
        self.undo.push(Undo::Resolved(id, known));
        self.transfers.insert(id, Known { transfer: transfer.clone(), unwritten });
        Ok(Posted::Created(transfer))
    }

    fn change(&mut self, transfer: &Transfer, debit: Change, credit: Change) -> Result<(), Refusal> {
        self.change_one(transfer.debit_account_id, debit, transfer.amount)?;
        self.change_one(transfer.credit_account_id, credit, transfer.amount)
    }

    fn change_one(&mut self, account: AccountId, change: Change, needed: Amount) -> Result<(), Refusal> {
        // An account that is not held was named by nobody: a transfer that is there names accounts that are there.
        let Some(held) = self.accounts.get_mut(&account) else { return Err(Refusal::InsufficientFunds { account, available: 0, needed }) };
        let figures = held.figures.after(held.kind, change).map_err(|trouble| match trouble {
            Trouble::Overdraft => Refusal::InsufficientFunds { account, available: held.figures.available(), needed },
            Trouble::Overflow => Refusal::Overflow { account },
        })?;
        self.undo.push(Undo::Figures(account, *held));
        *held = Held { figures, is_changed: true, ..*held };
        Ok(())
    }

    fn roll_back(&mut self) {
        while let Some(step) = self.undo.pop() {
            match step {
                Undo::Figures(account, held) => {
                    self.accounts.insert(account, held);
                }
                Undo::Created(id) => {
                    self.transfers.remove(&id);
                }
                Undo::Resolved(id, known) => {
                    self.transfers.insert(id, known);
                }
                Undo::Reversed(original) => {
                    self.reversed.remove(&original);
                }
            }
        }
    }
}

/// Whether a transfer is what is asked for, whatever became of it since.
fn is_same(there: &Transfer, new: &NewTransfer) -> bool {
    let (two_phase, expires_at) = match new.phase {
        Phase::Posted => (false, None),
        Phase::Pending { expires_at } => (true, expires_at),
    };
    there.debit_account_id == new.debit.id()
        && there.credit_account_id == new.credit.id()
        && there.amount == new.amount
        && there.kind == new.kind
        && there.reference.as_deref() == new.reference_text()
        && there.reverses_id.is_none()
        && (there.two_phase, there.expires_at) == (two_phase, expires_at)
}

/// A chain whose transfers are partly there, or there as parts of another chain, is another chain.
fn refuse_mixture(chain: &Chain, done: &[Posted], tie: Option<Tie>) -> Result<(), Refusal> {
    let made = |(step, done)| matches!(step, &Step::Create(_) | &Step::Reverse { .. }).then_some(done);
    let made: Vec<&Posted> = chain.steps().iter().zip(done).filter_map(made).collect();
    let Some(there) = made.iter().find(|posted| posted.is_replay()) else { return Ok(()) };
    let (chain_id, length) = (there.transfer().chain_id, there.transfer().chain_length);
    let same = |posted: &&Posted| posted.is_replay() && posted.transfer().chain_id == chain_id;
    if length == tie.map(|tie| tie.length) && made.iter().all(same) {
        return Ok(());
    }
    Err(Refusal::OtherChain { id: there.transfer().id })
}

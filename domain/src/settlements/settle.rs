//! One step of a batch. Safe to repeat: what is on its way is looked for before anything else is done.

use std::time::Duration;

use entities::chain_transaction::{Purpose, State};
use entities::id::BatchId;
use entities::{payout, settlement_batch};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _};

use super::attempt::{Attempt, last_valid};
use super::check::Checked;
use super::cost::lamports;
use super::table::Table;
use super::{Batch, BatchState, Next, Payout, PayoutState, SettlementError, Settlements, look, offer, paid_by};
use crate::ports::chain::{Blame, Chain, Draft, Fee, LookupTable, PayoutBatch, PayoutLine, Treasury, TreasuryError};
use crate::tokens::Token;

/// Whether the job of a batch comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Every line was paid or went back.
    Over { paid: usize },
    /// There is more to do after this time.
    Later { delay: Duration, why: String },
}

/// Why nothing is signed while a difference of its mint has no reason.
const STOPPED: &str = "chain and books do not agree on its mint; nothing of it is paid out until they do";
/// For trying, before it is known what it uses.
const ROOM: Fee = Fee { compute_units_max: 1_400_000, micro_lamports_per_unit: 0 };

impl Settlements<'_> {
    /// Take the batch one step on.
    ///
    /// # Errors
    /// When the node, the database or the keys do not answer; nothing is lost then, and the step is taken again.
    pub async fn settle(&self, id: BatchId) -> Result<Progress, SettlementError> {
        let ports = &self.domain.ports;
        let (Some(chain), Some(treasury)) = (ports.chain.as_deref(), ports.treasury.as_deref()) else {
            return Err(SettlementError::NoTreasury);
        };
        let batch = settlement_batch::Entity::find_by_id(id).one(self.domain.db.connection()).await?;
        let Some(batch) = batch.filter(|batch| batch.state == BatchState::Settling) else { return self.over(id).await };
        match self.alive(id).await? {
            Some(attempt) => self.pursue(&batch, &attempt, (chain, treasury)).await,
            None => self.attempt(&batch, (chain, treasury)).await,
        }
    }

    /// What became of it.
    pub(super) async fn over(&self, id: BatchId) -> Result<Progress, SettlementError> {
        let paid = payout::Entity::find().filter(payout::Column::BatchId.eq(id)).filter(payout::Column::State.eq(PayoutState::Confirmed));
        Ok(Progress::Over { paid: paid.all(self.domain.db.connection()).await?.len() })
    }

    /// Something is signed: find out how far it has come.
    async fn pursue(&self, batch: &Batch, attempt: &Attempt, ports: Ports<'_>) -> Result<Progress, SettlementError> {
        let (chain, treasury) = ports;
        match look(chain, attempt.signature, last_valid(attempt)).await? {
            Next::Done { slot } if attempt.purpose == Purpose::Payouts => self.confirm(batch, attempt, slot).await,
            Next::Done { slot } => self.ended(batch, attempt, State::Finalized, Some(slot), None).await,
            Next::Failed { slot, failure } => {
                let blame = (attempt.purpose == Purpose::Payouts).then(|| treasury.blame(&failure));
                let again = self.ended(batch, attempt, State::Failed, Some(slot), Some(failure.text.clone())).await?;
                match blame {
                    Some(blame) => self.blamed(&self.read(batch.id).await?, blame, ports).await,
                    None => Ok(again),
                }
            }
            Next::Expired => self.ended(batch, attempt, State::Expired, None, None).await,
            Next::Wait => Ok(self.later("its transaction is on its way")),
            Next::SendAgain => {
                self.send_again(attempt, chain).await?;
                Ok(self.later("its transaction was sent"))
            }
        }
    }

    /// Nothing is on its way: make the next attempt, or what it needs first.
    async fn attempt(&self, batch: &Batch, ports: Ports<'_>) -> Result<Progress, SettlementError> {
        let (chain, treasury) = ports;
        let lines = self.lines(batch.id).await?;
        if lines.is_empty() {
            return self.empty(batch).await;
        }
        if self.domain.reconciliation().is_stopped(batch.mint).await? {
            return self.in_trouble(batch, STOPPED.into()).await;
        }
        let token = self.domain.tokens().get(batch.mint).await?;
        let blockhash = chain.blockhash().await?;
        let destinations = match self.check(&token, &lines, ports).await? {
            Checked::Ready(destinations) => destinations,
            Checked::Short(why) => return self.in_trouble(batch, why).await,
            Checked::Bad { index, reason } => return self.blamed(batch, Blame::Line { index, reason }, ports).await,
            Checked::Missing(owners) => {
                let fee = self.accounts_fee();
                let draft = treasury.draft_accounts(&owners, token.mint, token.token_program, fee, blockhash)?;
                let cost = (Purpose::Accounts, lamports(Purpose::Accounts, owners.len(), Some(fee)));
                return self.launch_within(batch, cost, &draft, ports, "missing token accounts are made").await;
            }
        };
        let mut order = order_of(batch, &token, &lines, &destinations);
        if matches!(treasury.draft_payouts(&order, ROOM, blockhash), Err(TreasuryError::Size { .. })) {
            order.table = match self.table(batch, &token, &destinations, (chain, treasury)).await? {
                Table::Ready(table) => Some(table),
                Table::Later(why) => return Ok(self.later(why)),
                Table::Launch { draft, grows, why } => {
                    let cost = (Purpose::Table, lamports(Purpose::Table, grows, None));
                    return self.launch_within(batch, cost, &draft, ports, why).await;
                }
            };
        }
        let tried = chain.simulate(&treasury.draft_payouts(&order, ROOM, blockhash)?).await?;
        if let Some(failure) = tried.failure {
            return self.blamed(batch, treasury.blame(&failure), ports).await;
        }
        let paid_by_others = chain.priority_fees(&destinations).await?;
        let fee = offer(self.domain.settings.settlements.fee(), tried.compute_units, &paid_by_others);
        let cost = (Purpose::Payouts, lamports(Purpose::Payouts, 0, Some(fee)));
        self.launch_within(batch, cost, &treasury.draft_payouts(&order, fee, blockhash)?, ports, "its transaction was sent").await
    }

    /// Launch it, if the day has so much left.
    async fn launch_within(
        &self,
        batch: &Batch,
        cost: (Purpose, i64),
        draft: &Draft,
        ports: Ports<'_>,
        why: &str,
    ) -> Result<Progress, SettlementError> {
        if let Some(why) = self.too_dear(cost.1).await? {
            return self.in_trouble(batch, why).await;
        }
        self.launch(batch, cost, draft, ports).await?;
        Ok(self.later(why))
    }

    /// What the chain says against it.
    async fn blamed(&self, batch: &Batch, blame: Blame, (chain, treasury): Ports<'_>) -> Result<Progress, SettlementError> {
        let marker = treasury.marker(batch.id.into());
        match blame {
            Blame::Batch { reason } => self.in_trouble(batch, reason).await,
            // An attempt that was held for lost may have paid after all; then no line goes back.
            Blame::Line { index, reason } if chain.lamports(marker).await? == 0 => self.give_back(batch, index, &reason).await,
            Blame::Line { .. } | Blame::AlreadyPaid => match paid_by(chain, marker).await? {
                None => Ok(self.later("it was paid, and that is not final")),
                Some(seen) => {
                    let attempts = self.attempts(batch.id).await?;
                    let paid = attempts.iter().find(|attempt| attempt.signature == seen.signature);
                    let paid = paid.ok_or(SettlementError::PaidByOthers { id: batch.id })?;
                    self.confirm(batch, paid, seen.slot).await
                }
            },
        }
    }

    async fn ended(
        &self,
        batch: &Batch,
        attempt: &Attempt,
        state: State,
        slot: Option<u64>,
        failure: Option<String>,
    ) -> Result<Progress, SettlementError> {
        let txn = self.domain.db.write().await?;
        self.touch(&txn, batch).await?;
        self.end(&txn, attempt, state, slot, failure).await?;
        txn.commit().await?;
        Ok(Progress::Later { delay: Duration::ZERO, why: "the next step can be taken".into() })
    }

    async fn in_trouble(&self, batch: &Batch, why: String) -> Result<Progress, SettlementError> {
        tracing::warn!(batch.id = %batch.id, why, "batch `{}` waits", batch.id);
        let write = settlement_batch::Entity::update_many().col_expr(settlement_batch::Column::Trouble, Expr::value(why.as_str()));
        write.filter(settlement_batch::Column::Id.eq(batch.id)).exec(self.domain.db.connection()).await?;
        Ok(Progress::Later { delay: self.domain.settings.settlements.trouble(), why })
    }

    pub(super) async fn read(&self, id: BatchId) -> Result<Batch, SettlementError> {
        let found = settlement_batch::Entity::find_by_id(id).one(self.domain.db.connection()).await?;
        found.ok_or(SettlementError::Changed { id })
    }

    /// Its payouts that are neither paid nor back, in their order.
    pub(super) async fn lines(&self, id: BatchId) -> Result<Vec<Payout>, DbErr> {
        let live = payout::Column::State.is_in([PayoutState::Batched, PayoutState::Submitted]);
        let lines = payout::Entity::find().filter(payout::Column::BatchId.eq(id)).filter(live);
        lines.order_by_asc(payout::Column::Line).all(self.domain.db.connection()).await
    }

    pub(super) fn later(self, why: &str) -> Progress {
        Progress::Later { delay: self.domain.settings.settlements.look(), why: why.into() }
    }

    pub(super) fn accounts_fee(self) -> Fee {
        Fee { compute_units_max: 400_000, micro_lamports_per_unit: self.domain.settings.settlements.priority_floor_micro_lamports }
    }
}

pub(super) type Ports<'a> = (&'a dyn Chain, &'a dyn Treasury);

fn order_of(batch: &Batch, token: &Token, lines: &[Payout], destinations: &[entities::Address]) -> PayoutBatch {
    let line = |(payout, destination): (&Payout, &entities::Address)| PayoutLine { destination: *destination, amount: payout.amount };
    PayoutBatch {
        id: batch.id.into(),
        mint: token.mint,
        program: token.token_program,
        decimals: u8::try_from(token.decimals).unwrap_or_default(),
        table: None::<LookupTable>,
        lines: lines.iter().zip(destinations).map(line).collect(),
    }
}

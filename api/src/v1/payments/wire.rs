//! Payments on the wire.

use domain::entities::id::{ProfileId, TransferId};
use domain::ledger::{TransferKind, TransferState};
use domain::payments;
use poem_openapi::{Enum, Object};

use crate::v1::agents::mirrored;
use crate::wire::{Count, Id, Money, Time, Wallet};

mirrored! {
    /// Why money moved.
    TransactionKind of TransferKind {
        Deposit, Pay, Bond, Unbond, Promise, PromiseKept, PromiseBroken, Payout, PayoutReturned, PayoutSettled, Purchase, Refund, Fee, Reversal, Adjustment
    }
}
mirrored! {
    /// How far it is: `pending` is held, `voided` never happened.
    TransactionState of TransferState { Pending, Posted, Voided }
}

/// A payment is done when it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum PaymentState {
    Confirmed,
}

/// To the agent or from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum Direction {
    In,
    Out,
}

/// What is to be paid.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct PayRequest {
    /// Made by the payer, for this payment alone: `trf_` and the 32 hexadecimal digits of a UUID, best of version 7.
    id: Id<TransferId>,
    /// The profile of the vendor.
    to: Id<ProfileId>,
    /// More than 0.
    amount: Money,
    /// The house's own when absent.
    mint: Option<Wallet>,
    /// 1 to 200 characters, for both sides to read.
    reference: Option<String>,
}

/// A payment that was made.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Payment {
    id: Id<TransferId>,
    state: PaymentState,
    to: Id<ProfileId>,
    amount: Money,
    mint: Wallet,
    reference: Option<String>,
    /// From its arrival until it was written.
    latency_ms: f64,
    created_at: Time,
}

/// What an agent has of one mint.
#[derive(Debug, Object)]
pub struct AgentBalance {
    mint: Wallet,
    symbol: String,
    /// What it can spend.
    available: Money,
    /// What is on its way to it.
    pending: Money,
    /// What it has put down, less what it has asked back.
    bonded: Money,
}

#[derive(Debug, Object)]
pub struct AgentBalanceList {
    pub balances: Vec<AgentBalance>,
}

/// One movement of money.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Transaction {
    id: Id<TransferId>,
    kind: TransactionKind,
    state: TransactionState,
    direction: Direction,
    amount: Money,
    mint: Wallet,
    /// The profile on the other side, where there is one.
    counterparty: Option<Id<ProfileId>>,
    reference: Option<String>,
    latency_ms: Option<f64>,
    created_at: Time,
}

/// One page of movements, newest first.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct TransactionList {
    pub transactions: Vec<Transaction>,
    /// Absent on the last page.
    pub next_page_token: Option<String>,
}

/// What an agent may spend of one mint. What is absent has no limit.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct LimitsRequest {
    /// The house's own when absent.
    mint: Option<Wallet>,
    /// Of one payment.
    per_payment: Option<Money>,
    /// Of all payments of a day, UTC.
    per_day: Option<Money>,
    /// Profiles of the vendors that may be paid, at most 100; absent means all.
    allowed_vendors: Option<Vec<Id<ProfileId>>>,
    /// An event is sent when less than this is left.
    low_balance: Option<Money>,
}

/// What an agent may spend of one mint.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct SpendingLimits {
    mint: Wallet,
    per_payment: Option<Money>,
    per_day: Option<Money>,
    /// Counted while there is a limit of a day.
    spent_today: Money,
    allowed_vendors: Option<Vec<Id<ProfileId>>>,
    low_balance: Option<Money>,
}

#[derive(Debug, Object)]
pub struct LimitsList {
    pub limits: Vec<SpendingLimits>,
}

/// How much of a bond.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct BondRequest {
    /// More than 0.
    pub amount: Money,
    /// The house's own when absent.
    pub mint: Option<Wallet>,
}

/// Money that was put down.
#[derive(Debug, Object)]
pub struct Bonded {
    id: Id<TransferId>,
    amount: Money,
    mint: Wallet,
    created_at: Time,
}

/// What a vendor has of one mint.
#[derive(Debug, Object)]
pub struct VendorBalance {
    mint: Wallet,
    symbol: String,
    /// Earned and not paid out yet.
    unsettled: Money,
    /// The part of it that may be paid out: what agents have only signed for is not.
    payable: Money,
    /// On its way to the vendor's wallet.
    in_flight: Money,
    /// Arrived there since the beginning.
    settled: Money,
}

#[derive(Debug, Object)]
pub struct VendorBalanceList {
    pub balances: Vec<VendorBalance>,
}

/// A vendor's business in one mint.
#[derive(Debug, Object)]
pub struct VendorStats {
    mint: Wallet,
    symbol: String,
    /// All that was ever earned.
    revenue: Money,
    /// Of the last 24 hours.
    revenue_24h: Money,
    payments_24h: Count,
    /// How long payers of the last 24 hours waited, on average.
    latency_ms: f64,
}

#[derive(Debug, Object)]
pub struct StatsList {
    pub stats: Vec<VendorStats>,
}

impl From<PayRequest> for payments::PayRequest {
    fn from(request: PayRequest) -> Self {
        Self {
            id: request.id.0,
            to: request.to.0,
            amount: request.amount.0,
            mint: request.mint.map(|mint| mint.0),
            reference: request.reference,
        }
    }
}

impl From<payments::Payment> for Payment {
    fn from(payment: payments::Payment) -> Self {
        Self {
            id: payment.id.into(),
            state: PaymentState::Confirmed,
            to: payment.to.into(),
            amount: payment.amount.into(),
            mint: payment.mint.into(),
            reference: payment.reference,
            latency_ms: millis(payment.latency_us),
            created_at: payment.created_at.into(),
        }
    }
}

fn millis(us: i32) -> f64 {
    f64::from(us) / 1_000.0
}

impl From<payments::AgentBalance> for AgentBalance {
    fn from(balance: payments::AgentBalance) -> Self {
        Self {
            mint: balance.mint.into(),
            symbol: balance.symbol,
            available: balance.available.into(),
            pending: balance.pending.into(),
            bonded: balance.bonded.into(),
        }
    }
}

impl From<payments::AgentTransaction> for Transaction {
    fn from(told: payments::AgentTransaction) -> Self {
        let transfer = told.transfer;
        Self {
            id: transfer.id.into(),
            kind: transfer.kind.into(),
            state: transfer.state.into(),
            direction: if told.is_credit { Direction::In } else { Direction::Out },
            amount: transfer.amount.into(),
            mint: told.mint.into(),
            counterparty: told.counterparty.map(|id| ProfileId::from(id).into()),
            reference: transfer.reference,
            latency_ms: transfer.latency_us.map(millis),
            created_at: transfer.created_at.into(),
        }
    }
}

impl From<LimitsRequest> for payments::LimitsDraft {
    fn from(request: LimitsRequest) -> Self {
        Self {
            mint: request.mint.map(|mint| mint.0),
            per_payment: request.per_payment.map(|money| money.0),
            per_day: request.per_day.map(|money| money.0),
            allowed_vendors: request.allowed_vendors.map(|vendors| vendors.into_iter().map(|id| id.0).collect()),
            low_balance: request.low_balance.map(|money| money.0),
        }
    }
}

impl From<payments::SpendingLimits> for SpendingLimits {
    fn from(limits: payments::SpendingLimits) -> Self {
        Self {
            mint: limits.mint.into(),
            per_payment: limits.per_payment.map(Into::into),
            per_day: limits.per_day.map(Into::into),
            spent_today: limits.spent_today.into(),
            allowed_vendors: limits.allowed_vendors.map(|vendors| vendors.into_iter().map(Into::into).collect()),
            low_balance: limits.low_balance.map(Into::into),
        }
    }
}

impl From<payments::Bonded> for Bonded {
    fn from(bonded: payments::Bonded) -> Self {
        Self { id: bonded.id.into(), amount: bonded.amount.into(), mint: bonded.mint.into(), created_at: bonded.created_at.into() }
    }
}

impl From<payments::VendorBalance> for VendorBalance {
    fn from(balance: payments::VendorBalance) -> Self {
        Self {
            mint: balance.mint.into(),
            symbol: balance.symbol,
            unsettled: balance.unsettled.into(),
            payable: balance.payable.into(),
            in_flight: balance.in_flight.into(),
            settled: balance.settled.into(),
        }
    }
}

impl From<payments::VendorStats> for VendorStats {
    fn from(stats: payments::VendorStats) -> Self {
        let micros = i32::try_from(stats.latency_day_us).unwrap_or(i32::MAX);
        Self {
            mint: stats.mint.into(),
            symbol: stats.symbol,
            revenue: stats.revenue.into(),
            revenue_24h: stats.revenue_day.into(),
            payments_24h: stats.payments_day.into(),
            latency_ms: millis(micros),
        }
    }
}

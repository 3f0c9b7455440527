//! Deposits on the wire.

use domain::deposits::{self, Attribution as Inner, DepositAddress as InnerAddress, DepositState as InnerState};
use domain::entities::id::{DepositId, ProfileId};
use domain::paging::Page;
use poem_openapi::{Enum, Object};

use crate::v1::agents::mirrored;
use crate::wire::{Id, Money, Time, Wallet};

mirrored! {
    /// `unattributed` has arrived and is nobody's yet.
    DepositState of InnerState { Unattributed, Credited }
}
mirrored! {
    /// Why it is that agent's: the memo names it, it came out of its user's wallet, or somebody in operations has decided it.
    Attribution of Inner { Memo, Wallet, Operator }
}

/// Which transaction.
#[derive(Debug, Object)]
pub struct DepositRequest {
    /// Its signature, base58.
    pub tx_hash: String,
}

/// Where one token goes.
#[derive(Debug, Object)]
pub struct DepositAddress {
    mint: Wallet,
    symbol: String,
    /// The token account.
    account: Wallet,
    /// Whose it is: wallets take this one as the receiver and find the account by themselves.
    owner: Wallet,
    /// The text of a memo instruction beside the transfer. From the caller's own wallet it is not needed.
    memo: Id<ProfileId>,
}

#[derive(Debug, Object)]
pub struct DepositAddressList {
    pub addresses: Vec<DepositAddress>,
}

/// Money that arrived on chain.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Deposit {
    id: Id<DepositId>,
    state: DepositState,
    amount: Money,
    mint: Wallet,
    /// The transaction.
    tx_hash: String,
    /// The agent that has it.
    profile_id: Option<Id<ProfileId>>,
    attribution: Option<Attribution>,
    /// Whose wallet it came out of.
    source: Option<Wallet>,
    memo: Option<String>,
    /// When its block was made.
    arrived_at: Option<Time>,
    created_at: Time,
    credited_at: Option<Time>,
}

/// One page of deposits, newest first.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct DepositList {
    pub deposits: Vec<Deposit>,
    /// Absent on the last page.
    pub next_page_token: Option<String>,
}

impl From<InnerAddress> for DepositAddress {
    fn from(address: InnerAddress) -> Self {
        Self {
            mint: address.mint.into(),
            symbol: address.symbol,
            account: address.account.into(),
            owner: address.owner.into(),
            memo: address.memo.into(),
        }
    }
}

impl From<deposits::Deposit> for Deposit {
    fn from(row: deposits::Deposit) -> Self {
        Self {
            id: row.id.into(),
            state: row.state.into(),
            amount: row.amount.into(),
            mint: row.mint.into(),
            tx_hash: row.signature.to_string(),
            profile_id: row.profile_id.map(Into::into),
            attribution: row.attribution.map(Into::into),
            source: row.source_owner.map(Into::into),
            memo: row.memo,
            arrived_at: row.arrived_at.map(Into::into),
            created_at: row.created_at.into(),
            credited_at: row.credited_at.map(Into::into),
        }
    }
}

impl From<Page<deposits::Deposit>> for DepositList {
    fn from(page: Page<deposits::Deposit>) -> Self {
        Self { deposits: page.items.into_iter().map(Into::into).collect(), next_page_token: page.next_page_token }
    }
}

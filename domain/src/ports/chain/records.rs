//! What stands on the cluster, in words of our own.

use entities::token::TokenProgram;
use entities::{Address, Signature, Timestamp};

use super::TransactionFailure;

/// How many blocks came before one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Height(pub u64);

/// Makes a transaction recent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blockhash {
    pub hash: [u8; 32],
    /// In a later block the transaction is not taken any more.
    pub last_valid: Height,
}

/// A kind of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MintInfo {
    pub program: TokenProgram,
    pub decimals: u8,
    /// Atomic units.
    pub supply: u64,
}

/// Where somebody's tokens of one kind are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenAccount {
    pub program: TokenProgram,
    pub mint: Address,
    pub owner: Address,
    /// Atomic units.
    pub amount: u64,
    /// Nothing comes in or goes out.
    pub is_frozen: bool,
}

/// Addresses that a transaction may name by their place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupTable {
    pub address: Address,
    pub addresses: Vec<Address>,
    /// Closed tables serve no new transaction.
    pub is_active: bool,
    /// What was added in this slot may be used in a later one.
    pub extended_slot: u64,
}

/// Which part of an address's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Older than this one.
    pub before: Option<Signature>,
    /// Newer than this one.
    pub until: Option<Signature>,
    /// 1 … [`Page::SIZE_MAX`].
    pub size: usize,
}

impl Page {
    pub const SIZE_MAX: usize = 1_000;
}

/// A transaction in the history of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub signature: Signature,
    pub slot: u64,
    pub failure: Option<TransactionFailure>,
}

/// How far a transaction has come. Only a final one cannot be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    Processed,
    Confirmed,
    Finalized,
}

/// A transaction that the node knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub slot: u64,
    pub depth: Depth,
    /// Then it has changed nothing but the payer's lamports.
    pub failure: Option<TransactionFailure>,
}

/// A final transaction, as far as tokens are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainTransaction {
    pub signature: Signature,
    pub slot: u64,
    pub at: Option<Timestamp>,
    pub failure: Option<TransactionFailure>,
    /// Lamports for signatures and priority.
    pub fee: u64,
    /// Addresses that signed it.
    pub signers: Vec<Address>,
    pub changes: Vec<TokenChange>,
    pub moves: Vec<TokenMove>,
    pub memos: Vec<Memo>,
}

/// What a token account held before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenChange {
    pub account: Address,
    pub mint: Address,
    pub owner: Option<Address>,
    pub before: u64,
    pub after: u64,
}

/// One transfer of tokens inside a transaction. What arrived stands in the [`TokenChange`]s: a mint may keep a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenMove {
    /// Of the transaction, counted from 0.
    pub instruction: u8,
    /// Of those that this instruction called, counted from 0.
    pub inner: Option<u8>,
    pub from: Address,
    pub to: Address,
    pub authority: Option<Address>,
    pub amount: u64,
}

/// A text beside a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memo {
    pub instruction: u8,
    pub text: String,
}

/// What a draft would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    pub failure: Option<TransactionFailure>,
    pub compute_units: u64,
}

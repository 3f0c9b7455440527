//! The keys that hold and move the platform's own tokens.

use async_trait::async_trait;
use entities::token::TokenProgram;
use entities::{Address, Amount, Signature};
use uuid::Uuid;

use super::{Blockhash, Height, LookupTable, TransactionFailure};

/// Builds and signs what the platform pays. The order is: draft, simulate, sign, **store and commit**, send the stored bytes, ask for the status; sign
/// anew only after the last valid height of every earlier attempt is final and its status unknown. The marker makes the chain itself refuse a second payment
/// of one batch, whatever went wrong before.
#[async_trait]
pub trait Treasury: Send + Sync {
    /// Who owns the platform's token accounts, and pays the fees of payouts.
    fn address(&self) -> Address;

    /// Who pays for token accounts of others and for lookup tables.
    fn fee_payer(&self) -> Address;

    /// Where an owner's tokens of this mint are by convention; [`Treasury::address`]'s is the custody account.
    fn token_account(&self, owner: Address, mint: Address, program: TokenProgram) -> Address;

    /// The account that exists exactly when the batch was paid. Its history names the transaction.
    fn marker(&self, batch: Uuid) -> Address;

    /// One transaction that pays all lines or none: compute budget, marker, transfers.
    ///
    /// # Errors
    /// When the batch has no lines or too many, or does not fit.
    fn draft_payouts(&self, batch: &PayoutBatch, fee: Fee, blockhash: Blockhash) -> Result<Draft, TreasuryError>;

    /// Make the token accounts of these owners, where they are missing. A second time it does nothing.
    ///
    /// # Errors
    /// When there are none or too many.
    fn draft_accounts(
        &self,
        owners: &[Address],
        mint: Address,
        program: TokenProgram,
        fee: Fee,
        blockhash: Blockhash,
    ) -> Result<Draft, TreasuryError>;

    /// Make a lookup table with its first addresses. Its own address follows from the slot, which has to be a recent final one: keep both before it is sent.
    ///
    /// # Errors
    /// When there are no addresses or too many.
    fn draft_table(&self, slot: u64, addresses: &[Address], blockhash: Blockhash) -> Result<(Address, Draft), TreasuryError>;

    /// Add addresses to a table that [`Treasury::draft_table`] made.
    ///
    /// # Errors
    /// When there are no addresses or too many.
    fn draft_table_growth(&self, table: Address, addresses: &[Address], blockhash: Blockhash) -> Result<Draft, TreasuryError>;

    /// What a failure of [`Treasury::draft_payouts`] means for the batch.
    fn blame(&self, failure: &TransactionFailure) -> Blame;

    /// Sign a draft of this treasury. Store the result before a byte of it leaves the process.
    ///
    /// # Errors
    /// When the draft is nobody's of ours, or the keys cannot be had.
    async fn sign(&self, draft: &Draft) -> Result<Signed, TreasuryError>;
}

/// Payouts of one mint in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutBatch {
    /// Stays the same through all attempts: the marker comes from it.
    pub id: Uuid,
    pub mint: Address,
    pub program: TokenProgram,
    pub decimals: u8,
    /// Names the mint, the custody account and every destination; others cost 31 bytes more.
    pub table: Option<LookupTable>,
    pub lines: Vec<PayoutLine>,
}

impl PayoutBatch {
    /// As many fit when the table names them all, with room for marker and compute budget.
    pub const LINES_MAX: usize = 40;
    /// Token accounts that one transaction may make: each costs five of its 64 instructions.
    pub const ACCOUNTS_MAX: usize = 10;
    /// Addresses that one transaction may write into a table.
    pub const TABLE_GROWTH_MAX: usize = 20;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayoutLine {
    /// A token account.
    pub destination: Address,
    pub amount: Amount,
}

/// What a transaction may use and offers for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fee {
    pub compute_units_max: u32,
    pub micro_lamports_per_unit: u64,
}

/// A transaction that nobody has signed.
#[derive(Clone, PartialEq, Eq)]
pub struct Draft {
    /// With zeros where the signatures go.
    pub wire: Vec<u8>,
    pub last_valid: Height,
}

/// Bytes that move money as soon as a node has them.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    pub signature: Signature,
    /// SHA-256 of the signed message: the same for every encoding of one transaction.
    pub message_hash: [u8; 32],
    pub wire: Vec<u8>,
    pub last_valid: Height,
}

impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft").field("last_valid", &self.last_valid).finish_non_exhaustive()
    }
}

/// Whoever has the bytes can send them.
impl std::fmt::Debug for Signed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signed").field("signature", &self.signature).field("last_valid", &self.last_valid).finish_non_exhaustive()
    }
}

/// Who or what made a payout transaction fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blame {
    /// The marker is there: another attempt of this batch has paid.
    AlreadyPaid,
    /// This line, counted from 0, cannot be paid; the others can. When custody itself is frozen the chain blames the first line: look at it before.
    Line { index: usize, reason: String },
    /// Not a line's fault: custody is short, the blockhash is gone, fees cannot be paid.
    Batch { reason: String },
}

/// A transaction that cannot be built or signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreasuryError {
    #[error("one transaction takes 1 to {max} of them, not {given}")]
    Count { given: usize, max: usize },
    #[error("the transaction would have {bytes} bytes; a packet has {max}")]
    Size { bytes: usize, max: usize },
    #[error("the transaction cannot be built: {reason}")]
    Build { reason: String },
    #[error("the draft asks for the signature of {signer}, whose key is not here")]
    Foreign { signer: Address },
    #[error("the key `{name}` cannot be had: {reason}")]
    Key { name: &'static str, reason: String },
}

impl crate::Fault for TreasuryError {
    fn class(&self) -> crate::Class {
        match self {
            Self::Key { .. } => crate::Class::Unavailable,
            Self::Count { .. } | Self::Size { .. } | Self::Build { .. } | Self::Foreign { .. } => crate::Class::Bug,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Key { .. } => "unavailable",
            Self::Count { .. } | Self::Size { .. } | Self::Build { .. } | Self::Foreign { .. } => "internal",
        }
    }
}

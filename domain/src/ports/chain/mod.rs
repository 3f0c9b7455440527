//! The Solana cluster: what stands on it, and what is sent to it.

mod error;
mod records;
mod treasury;

use async_trait::async_trait;
use entities::{Address, Signature};

pub use error::{ChainError, TransactionFailure};
pub use records::{
    Blockhash, ChainTransaction, Depth, Height, LookupTable, Memo, MintInfo, Page, Seen, Simulated, Status, TokenAccount, TokenChange,
    TokenMove,
};
pub use treasury::{Blame, Draft, Fee, PayoutBatch, PayoutLine, Signed, Treasury, TreasuryError};

/// Asks a node and sends through it. A node may lag, forget or lie: what it answers is believed where it says `finalized`, and what it says of a
/// send is not believed at all. Every request has a time limit, and no error names the node's URL, in which a key may stand.
/// One implementation speaks JSON-RPC and is tried on a chain of its own; for rules that only read there is a scripted one in the testkit.
#[async_trait]
pub trait Chain: Send + Sync {
    /// Which cluster it is: the hash of its first block, in base58.
    ///
    /// # Errors
    /// See [`ChainError`]; so for all others.
    async fn genesis(&self) -> Result<String, ChainError>;

    /// The height of the newest block that is final. A transaction whose last valid height lies below, and whose status is asked afterwards
    /// and unknown, never happened.
    async fn height(&self) -> Result<Height, ChainError>;

    /// A recent blockhash for a new transaction, with the last height at which it is taken.
    async fn blockhash(&self) -> Result<Blockhash, ChainError>;

    /// The newest slot that is final; a lookup table is derived from one.
    async fn slot(&self) -> Result<u64, ChainError>;

    /// Lamports of an address, at `finalized`.
    async fn lamports(&self, address: Address) -> Result<u64, ChainError>;

    /// The mint at this address, at `finalized`; nothing where there is none.
    async fn mint(&self, address: Address) -> Result<Option<MintInfo>, ChainError>;

    /// The token accounts at these addresses, at `finalized`; nothing where there is none.
    async fn token_accounts(&self, addresses: &[Address]) -> Result<Vec<Option<TokenAccount>>, ChainError>;

    /// The lookup table at this address, as it stands now.
    async fn lookup_table(&self, address: Address) -> Result<Option<LookupTable>, ChainError>;

    /// Final transactions that touched an address, newest first.
    async fn signatures(&self, address: Address, page: Page) -> Result<Vec<Seen>, ChainError>;

    /// A final transaction; nothing as long as it is not.
    async fn transaction(&self, signature: Signature) -> Result<Option<ChainTransaction>, ChainError>;

    /// How far these have come, in their order; nothing for one that the node does not know. Looks into the whole history.
    async fn statuses(&self, signatures: &[Signature]) -> Result<Vec<Option<Status>>, ChainError>;

    /// What was paid lately for a compute unit by transactions that write to these accounts, in micro-lamports, lowest first. May be empty.
    async fn priority_fees(&self, accounts: &[Address]) -> Result<Vec<u64>, ChainError>;

    /// Try a draft without sending it. It carries no signature, so that a node cannot do more with it.
    async fn simulate(&self, draft: &Draft) -> Result<Simulated, ChainError>;

    /// Hand signed bytes to the node, the same ones as often as it takes. An error does not say that the node did not pass them on, and success
    /// does not say that it did: only [`Chain::statuses`] tells.
    async fn send(&self, signed: &Signed) -> Result<(), ChainError>;
}

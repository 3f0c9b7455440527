//! A node that is not what it should be, before one that is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use async_trait::async_trait;
use chain::SolanaNode;
use domain::entities::{Address, Signature};
use domain::ports::chain::{
    Blockhash, Chain, ChainError, ChainTransaction, Draft, Height, LookupTable, MintInfo, Page, Seen, Signed, Simulated, Status,
    TokenAccount,
};

/// How often each fault still happens.
pub struct FaultyNode {
    inner: Arc<SolanaNode>,
    /// Says that it took the bytes, and forgets them.
    pub drops: AtomicU32,
    /// Passes the bytes on, and says that it did not.
    pub denies: AtomicU32,
    /// Knows no transaction.
    pub forgets: AtomicU32,
    /// Does not answer.
    pub away: AtomicU32,
    /// Says that so many more blocks are final.
    pub ahead: AtomicU64,
    /// How many sends reached it.
    pub sends: AtomicU32,
}

impl FaultyNode {
    pub fn before(inner: &Arc<SolanaNode>) -> Arc<Self> {
        Arc::new(Self {
            inner: Arc::clone(inner),
            drops: AtomicU32::new(0),
            denies: AtomicU32::new(0),
            forgets: AtomicU32::new(0),
            away: AtomicU32::new(0),
            ahead: AtomicU64::new(0),
            sends: AtomicU32::new(0),
        })
    }

    fn here(&self, call: &'static str) -> Result<(), ChainError> {
        if happens(&self.away) { Err(ChainError::Unavailable { call, reason: "no connection".into() }) } else { Ok(()) }
    }
}

fn happens(fault: &AtomicU32) -> bool {
    fault.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

#[async_trait]
impl Chain for FaultyNode {
    async fn genesis(&self) -> Result<String, ChainError> {
        self.inner.genesis().await
    }

    async fn height(&self) -> Result<Height, ChainError> {
        self.here("getBlockHeight")?;
        self.inner.height().await.map(|Height(height)| Height(height + self.ahead.load(Ordering::SeqCst)))
    }

    async fn blockhash(&self) -> Result<Blockhash, ChainError> {
        self.here("getLatestBlockhash")?;
        self.inner.blockhash().await
    }

    async fn slot(&self) -> Result<u64, ChainError> {
        self.inner.slot().await
    }

    async fn lamports(&self, address: Address) -> Result<u64, ChainError> {
        self.inner.lamports(address).await
    }

    async fn mint(&self, address: Address) -> Result<Option<MintInfo>, ChainError> {
        self.inner.mint(address).await
    }

    async fn token_accounts(&self, addresses: &[Address]) -> Result<Vec<Option<TokenAccount>>, ChainError> {
        self.here("getMultipleAccounts")?;
        self.inner.token_accounts(addresses).await
    }

    async fn lookup_table(&self, address: Address) -> Result<Option<LookupTable>, ChainError> {
        self.inner.lookup_table(address).await
    }

    async fn signatures(&self, address: Address, page: Page) -> Result<Vec<Seen>, ChainError> {
        self.inner.signatures(address, page).await
    }

    async fn transaction(&self, signature: Signature) -> Result<Option<ChainTransaction>, ChainError> {
        self.inner.transaction(signature).await
    }

    async fn statuses(&self, signatures: &[Signature]) -> Result<Vec<Option<Status>>, ChainError> {
        self.here("getSignatureStatuses")?;
        if happens(&self.forgets) {
            return Ok(vec![None; signatures.len()]);
        }
        self.inner.statuses(signatures).await
    }

    async fn priority_fees(&self, accounts: &[Address]) -> Result<Vec<u64>, ChainError> {
        self.inner.priority_fees(accounts).await
    }

    async fn simulate(&self, draft: &Draft) -> Result<Simulated, ChainError> {
        self.here("simulateTransaction")?;
        self.inner.simulate(draft).await
    }

    async fn send(&self, signed: &Signed) -> Result<(), ChainError> {
        self.sends.fetch_add(1, Ordering::SeqCst);
        if happens(&self.drops) {
            return Ok(());
        }
        let sent = self.inner.send(signed).await;
        if happens(&self.denies) {
            return Err(ChainError::Unavailable { call: "sendTransaction", reason: "the connection broke".into() });
        }
        sent
    }
}

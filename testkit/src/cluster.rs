//! A Solana cluster that says what a test wants it to say, and the treasury on it. It only knows tokens; what builds and sends is tried on a real chain.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use domain::entities::token::TokenProgram;
use domain::entities::{Address, Signature};
use domain::ports::chain::{
    Blame, Blockhash, Chain, ChainError, ChainTransaction, Draft, Fee, Height, LookupTable, Memo, MintInfo, Page, PayoutBatch, Seen,
    Signed, Simulated, Status, TokenAccount, TokenChange, TokenMove, TransactionFailure, Treasury, TreasuryError,
};
use uuid::Uuid;

const UNSCRIPTED: &str = "a fake builds and sends nothing";

/// One cluster. Its slots go on by one with every transaction, and by [`FakeCluster::age`].
pub struct FakeCluster {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Oldest first.
    transactions: Vec<ChainTransaction>,
    slot: u64,
    /// Beyond what the transactions say.
    skew: i64,
    /// Calls that are answered before none is.
    answers_left: Option<u32>,
    /// Listed, and not to be had.
    withheld: HashSet<Signature>,
    is_shuffling: bool,
    forgets_cursors: bool,
    largest_page: usize,
}

impl Default for FakeCluster {
    fn default() -> Self {
        Self { state: Mutex::new(State { slot: 1_000, ..State::default() }) }
    }
}

/// What somebody sends to a token account.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// Whose wallet.
    pub from: Address,
    pub to: Address,
    pub mint: Address,
    pub amount: u64,
    pub memo: Option<&'a str>,
}

impl FakeCluster {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panicked with it")
    }

    /// A final transaction with this transfer.
    pub fn sends(&self, sent: Sent<'_>) -> Signature {
        self.sends_all(&[sent])
    }

    /// One final transaction with all of these transfers.
    pub fn sends_all(&self, all: &[Sent<'_>]) -> Signature {
        let mut state = self.state();
        let (mut moves, mut memos, mut changes) = (Vec::new(), Vec::new(), Vec::<TokenChange>::new());
        let mut place = 0;
        for sent in all {
            if let Some(text) = sent.memo {
                memos.push(Memo { instruction: place, text: text.to_owned() });
                place += 1;
            }
            let source = account_of(sent.from, sent.mint);
            moves.push(TokenMove {
                instruction: place,
                inner: None,
                from: source,
                to: sent.to,
                authority: Some(sent.from),
                amount: sent.amount,
            });
            place += 1;
            let has = state.held(sent.to);
            match changes.iter_mut().find(|change| change.account == sent.to) {
                Some(change) => change.after += sent.amount,
                None => changes.push(TokenChange {
                    account: sent.to,
                    mint: sent.mint,
                    owner: (sent.to == account_of(treasury(), sent.mint)).then(treasury),
                    before: has,
                    after: has + sent.amount,
                }),
            }
            changes.push(TokenChange { account: source, mint: sent.mint, owner: Some(sent.from), before: sent.amount, after: 0 });
        }
        state.land(moves, changes, memos, None)
    }

    /// A final transaction that brings the treasury so much of a token that nobody takes.
    pub fn sends_another_token(&self, amount: u64) -> Signature {
        let mint = Address::from_bytes([123; 32]);
        let (from, to) = (account_of(Address::from_bytes([66; 32]), mint), account_of(treasury(), mint));
        let moves = vec![TokenMove { instruction: 0, inner: None, from, to, authority: None, amount }];
        let changes = vec![TokenChange { account: to, mint, owner: Some(treasury()), before: 0, after: amount }];
        self.state().land(moves, changes, Vec::new(), None)
    }

    /// A final transaction in which so much leaves our account.
    pub fn pays_out(&self, from: Address, mint: Address, amount: u64) -> Signature {
        let mut state = self.state();
        let has = state.held(from);
        let to = account_of(Address::from_bytes([77; 32]), mint);
        let moves = vec![TokenMove { instruction: 0, inner: None, from, to, authority: Some(treasury()), amount }];
        let changes = vec![TokenChange { account: from, mint, owner: Some(treasury()), before: has, after: has - amount }];
        state.land(moves, changes, Vec::new(), None)
    }

    /// A final transaction that touched the account and failed.
    pub fn fails(&self, sent: Sent<'_>) -> Signature {
        let mut state = self.state();
        let moves = vec![TokenMove {
            instruction: 0,
            inner: None,
            from: account_of(sent.from, sent.mint),
            to: sent.to,
            authority: Some(sent.from),
            amount: sent.amount,
        }];
        let failure = TransactionFailure { instruction: Some(0), code: Some(1), text: "custom program error: 0x1".into() };
        state.land(moves, Vec::new(), Vec::new(), Some(failure))
    }

    /// So many slots go by.
    pub fn age(&self, slots: u64) {
        self.state().slot += slots;
    }

    /// The custody accounts hold so much more, or less, than their transactions say.
    pub fn skew(&self, by: i64) {
        self.state().skew = by;
    }

    /// So many calls are answered, and then none.
    pub fn goes_away_after(&self, calls: u32) {
        self.state().answers_left = Some(calls);
    }

    /// Every call is answered again.
    pub fn is_back(&self) {
        self.state().answers_left = None;
    }

    /// A transaction is listed, and nobody gets it.
    pub fn withholds(&self, signature: Signature) {
        self.state().withheld.insert(signature);
    }

    /// All transactions are to be had again.
    pub fn withholds_nothing(&self) {
        self.state().withheld.clear();
    }

    /// Pages come in no order.
    pub fn shuffles(&self) {
        self.state().is_shuffling = true;
    }

    /// It does not know the transactions that pages should end at.
    pub fn forgets_cursors(&self) {
        self.state().forgets_cursors = true;
    }

    /// Signatures of the largest page that was asked for.
    #[must_use]
    pub fn largest_page(&self) -> usize {
        self.state().largest_page
    }

    fn answers(&self, call: &'static str) -> Result<MutexGuard<'_, State>, ChainError> {
        let mut state = self.state();
        match &mut state.answers_left {
            Some(0) => Err(ChainError::Unavailable { call, reason: "no answer within 15 s".into() }),
            Some(left) => {
                *left -= 1;
                Ok(state)
            }
            None => Ok(state),
        }
    }
}

impl State {
    fn land(
        &mut self,
        moves: Vec<TokenMove>,
        changes: Vec<TokenChange>,
        memos: Vec<Memo>,
        failure: Option<TransactionFailure>,
    ) -> Signature {
        self.slot += 1;
        let number = self.transactions.len();
        let mut bytes = [1; 64];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        let signature = Signature::from_bytes(bytes);
        let slot = self.slot;
        self.transactions.push(ChainTransaction {
            signature,
            slot,
            at: None,
            failure,
            fee: 5_000,
            signers: Vec::new(),
            changes,
            moves,
            memos,
        });
        signature
    }

    fn held(&self, account: Address) -> u64 {
        let change = self.transactions.iter().rev().flat_map(|it| &it.changes).find(|change| change.account == account);
        change.map_or(0, |change| change.after)
    }
}

fn unscripted() -> TreasuryError {
    TreasuryError::Build { reason: UNSCRIPTED.into() }
}

fn treasury() -> Address {
    Address::from_bytes([200; 32])
}

/// Where somebody's tokens are.
fn account_of(owner: Address, mint: Address) -> Address {
    let mut bytes = *owner.bytes();
    bytes.iter_mut().zip(mint.bytes()).for_each(|(byte, other)| *byte = byte.wrapping_mul(31).wrapping_add(*other));
    Address::from_bytes(bytes)
}

#[async_trait]
impl Chain for FakeCluster {
    async fn genesis(&self) -> Result<String, ChainError> {
        Ok("fake".into())
    }

    async fn height(&self) -> Result<Height, ChainError> {
        Ok(Height(self.answers("getBlockHeight")?.slot))
    }

    async fn blockhash(&self) -> Result<Blockhash, ChainError> {
        Ok(Blockhash { hash: [1; 32], last_valid: Height(self.answers("getLatestBlockhash")?.slot + 150) })
    }

    async fn slot(&self) -> Result<u64, ChainError> {
        Ok(self.answers("getSlot")?.slot)
    }

    async fn lamports(&self, _: Address) -> Result<u64, ChainError> {
        Ok(0)
    }

    async fn mint(&self, _: Address) -> Result<Option<MintInfo>, ChainError> {
        Ok(Some(MintInfo { program: TokenProgram::SplToken, decimals: 6, supply: 0 }))
    }

    async fn token_accounts(&self, addresses: &[Address]) -> Result<Vec<Option<TokenAccount>>, ChainError> {
        let state = self.answers("getMultipleAccounts")?;
        let at = |address: &Address| {
            let change = state.transactions.iter().rev().flat_map(|it| &it.changes).find(|change| change.account == *address)?;
            let amount = change.after.checked_add_signed(state.skew).expect("it holds no less than nothing");
            Some(TokenAccount { program: TokenProgram::SplToken, mint: change.mint, owner: change.owner?, amount, is_frozen: false })
        };
        Ok(addresses.iter().map(at).collect())
    }

    async fn lookup_table(&self, _: Address) -> Result<Option<LookupTable>, ChainError> {
        Ok(None)
    }

    async fn signatures(&self, address: Address, page: Page) -> Result<Vec<Seen>, ChainError> {
        let mut state = self.answers("getSignaturesForAddress")?;
        state.largest_page = state.largest_page.max(page.size);
        let touches = |it: &&ChainTransaction| it.moves.iter().any(|moved| moved.to == address || moved.from == address);
        let newest_first = state.transactions.iter().rev().filter(touches).map(|it| (it.signature, it.slot, it.failure.clone()));
        let mut seen = Vec::new();
        let mut is_below = page.before.is_none();
        for (signature, slot, failure) in newest_first {
            if page.until == Some(signature) && !state.forgets_cursors {
                break;
            }
            if is_below && seen.len() < page.size {
                seen.push(Seen { signature, slot, failure });
            }
            is_below |= page.before == Some(signature);
        }
        if state.is_shuffling && seen.len() > 2 {
            // The last one stays: the next page begins below it.
            let last = seen.len() - 1;
            seen[..last].reverse();
        }
        Ok(seen)
    }

    async fn transaction(&self, signature: Signature) -> Result<Option<ChainTransaction>, ChainError> {
        let state = self.answers("getTransaction")?;
        let found = state.transactions.iter().find(|it| it.signature == signature);
        Ok(found.filter(|_| !state.withheld.contains(&signature)).cloned())
    }

    async fn statuses(&self, signatures: &[Signature]) -> Result<Vec<Option<Status>>, ChainError> {
        Ok(vec![None; signatures.len()])
    }

    async fn priority_fees(&self, _: &[Address]) -> Result<Vec<u64>, ChainError> {
        Ok(Vec::new())
    }

    async fn simulate(&self, _: &Draft) -> Result<Simulated, ChainError> {
        Err(ChainError::Refused { call: "simulateTransaction", reason: UNSCRIPTED.into() })
    }

    async fn send(&self, _: &Signed) -> Result<(), ChainError> {
        Err(ChainError::Refused { call: "sendTransaction", reason: UNSCRIPTED.into() })
    }
}

#[async_trait]
impl Treasury for FakeCluster {
    fn address(&self) -> Address {
        treasury()
    }

    fn fee_payer(&self) -> Address {
        treasury()
    }

    fn token_account(&self, owner: Address, mint: Address, _: TokenProgram) -> Address {
        account_of(owner, mint)
    }

    fn marker(&self, batch: Uuid) -> Address {
        Address::from_bytes([batch.as_bytes()[15]; 32])
    }

    fn draft_payouts(&self, _: &PayoutBatch, _: Fee, _: Blockhash) -> Result<Draft, TreasuryError> {
        Err(unscripted())
    }

    fn draft_accounts(&self, _: &[Address], _: Address, _: TokenProgram, _: Fee, _: Blockhash) -> Result<Draft, TreasuryError> {
        Err(unscripted())
    }

    fn draft_table(&self, _: u64, _: &[Address], _: Blockhash) -> Result<(Address, Draft), TreasuryError> {
        Err(unscripted())
    }

    fn draft_table_growth(&self, _: Address, _: &[Address], _: Blockhash) -> Result<Draft, TreasuryError> {
        Err(unscripted())
    }

    fn blame(&self, _: &TransactionFailure) -> Blame {
        Blame::Batch { reason: UNSCRIPTED.into() }
    }

    async fn sign(&self, _: &Draft) -> Result<Signed, TreasuryError> {
        Err(unscripted())
    }
}

//! A chain with a treasury, a token and people who hold it.

use std::sync::Arc;

use async_trait::async_trait;
use chain::dev::Mill;
use chain::{HotTreasury, Settings, SolanaNode};
use domain::entities::token::TokenProgram;
use domain::entities::{Address, Amount, Signature};
use domain::ports::chain::{Chain as _, Depth, Draft, Fee, PayoutBatch, PayoutLine, Signed, Status, Treasury as _};
use domain::ports::secrets::{Secret, Secrets, SecretsError};
use solana_sdk::hash::Hash;
use solana_sdk::instruction::Instruction;
use solana_sdk::pubkey::Pubkey;
use solana_sdk::signature::Keypair;
use solana_sdk::signer::Signer as _;
use solana_sdk::transaction::Transaction;
use testkit::{DevChain, until};
use uuid::Uuid;

pub const DECIMALS: u8 = 6;
pub const PROGRAM: TokenProgram = TokenProgram::SplToken;
/// What the treasury holds at the beginning.
pub const CUSTODY: u64 = 1_000_000_000;
pub const FEE: Fee = Fee { compute_units_max: 200_000, micro_lamports_per_unit: 1_000 };

/// The keys of every test.
pub struct Keys;

const KEY: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a0";

#[async_trait]
impl Secrets for Keys {
    async fn secret(&self, name: &str) -> Result<Secret, SecretsError> {
        Secret::new(name, &format!("{KEY}{}", if name == HotTreasury::TREASURY { '3' } else { 'b' }))
    }
}

pub struct Stage {
    /// It ends with the stage.
    _chain: DevChain,
    pub ws_url: String,
    pub node: Arc<SolanaNode>,
    pub treasury: Arc<HotTreasury>,
    pub mint: Address,
}

impl Stage {
    /// Nothing but SOL for the two who pay.
    pub async fn bare() -> Self {
        let treasury = Arc::new(HotTreasury::open(&Keys).await.expect("the keys are there"));
        let chain = DevChain::start(&[treasury.address(), treasury.fee_payer()]);
        let node = Arc::new(SolanaNode::new(&chain.rpc_url, &Settings::default()));
        let ws_url = chain.ws_url.clone();
        Self { _chain: chain, ws_url, node, treasury, mint: Address::from_bytes([0; 32]) }
    }

    /// And a token, of which the treasury holds a thousand.
    pub async fn new() -> Self {
        let mut stage = Self::bare().await;
        stage.mint = stage.mill().await.mint("USDC", DECIMALS).await.expect("a mint is made");
        stage.give(stage.treasury.address(), CUSTODY).await;
        stage
    }

    pub async fn mill(&self) -> Mill<'_> {
        Mill::open(&self.node, &self.treasury).await.expect("it is not mainnet")
    }

    /// Answers the token account.
    pub async fn give(&self, to: Address, amount: u64) -> Address {
        self.mill().await.give(self.mint, PROGRAM, DECIMALS, to, amount).await.expect("the chain takes it");
        self.account(to)
    }

    pub fn account(&self, of: Address) -> Address {
        self.treasury.token_account(of, self.mint, PROGRAM)
    }

    pub fn custody(&self) -> Address {
        self.account(self.treasury.address())
    }

    /// Token accounts of so many people, all empty.
    pub async fn vendors(&self, count: usize) -> Vec<Address> {
        let owners: Vec<Address> = (0..count).map(person).collect();
        for some in owners.chunks(PayoutBatch::ACCOUNTS_MAX) {
            let fee = Fee { compute_units_max: 400_000, ..FEE };
            let draft = self.treasury.draft_accounts(some, self.mint, PROGRAM, fee, self.node.blockhash().await.expect("it answers"));
            self.lands(&draft.expect("they fit")).await;
        }
        owners.into_iter().map(|owner| self.account(owner)).collect()
    }

    /// One payment of that much to each.
    pub fn batch(&self, to: &[Address], amount: i64) -> PayoutBatch {
        let amount = Amount::new(amount).expect("it is one");
        let lines = to.iter().map(|destination| PayoutLine { destination: *destination, amount }).collect();
        PayoutBatch { id: Uuid::from_u128(7), mint: self.mint, program: PROGRAM, decimals: DECIMALS, table: None, lines }
    }

    /// A new attempt of the batch, ready to be sent.
    pub async fn attempt(&self, batch: &PayoutBatch) -> Signed {
        let blockhash = self.node.blockhash().await.expect("it answers");
        let draft = self.treasury.draft_payouts(batch, FEE, blockhash).expect("it fits");
        self.treasury.sign(&draft).await.expect("the keys are here")
    }

    /// Somebody else's transaction, who pays for it; waits until it is final and has worked.
    pub async fn by(&self, key: &Keypair, instructions: &[Instruction]) -> Signature {
        let blockhash = self.node.blockhash().await.expect("it answers");
        let hash = Hash::new_from_array(blockhash.hash);
        let transaction = Transaction::new_signed_with_payer(instructions, Some(&key.pubkey()), &[key], hash);
        let signature = Signature::from_bytes(transaction.signatures[0].into());
        let wire = bincode::serialize(&transaction).expect("it has bytes");
        let signed = Signed { signature, message_hash: [0; 32], wire, last_valid: blockhash.last_valid };
        self.node.send(&signed).await.expect("the node takes it");
        assert_eq!(self.finalized(signature).await.failure, None);
        signature
    }

    /// Somebody with a key, SOL, and so many tokens.
    pub async fn holder(&self, seed: u8, amount: u64) -> Keypair {
        let key = Keypair::new_from_array([seed; 32]);
        let address = Address::from_bytes(key.pubkey().to_bytes());
        self.mill().await.airdrop(address, 1_000_000_000).await.expect("the faucet gives");
        self.give(address, amount).await;
        key
    }

    /// The key that may freeze accounts of the mint.
    pub fn authority() -> Keypair {
        let bytes = hex::decode(format!("{KEY}3")).expect("it is hexadecimal");
        Keypair::new_from_array(bytes.try_into().expect("32 bytes"))
    }

    /// Sign, send, and wait until it is final and has worked.
    pub async fn lands(&self, draft: &Draft) -> Signature {
        let signed = self.treasury.sign(draft).await.expect("the keys are here");
        self.node.send(&signed).await.expect("the node takes it");
        let status = self.finalized(signed.signature).await;
        assert_eq!(status.failure, None);
        signed.signature
    }

    /// How it ended.
    pub async fn finalized(&self, signature: Signature) -> Status {
        let mut ended = None;
        until("the transaction is final", async || {
            ended = self.status(signature).await.filter(|status| status.depth == Depth::Finalized);
            ended.is_some()
        })
        .await;
        ended.expect("it has a status")
    }

    pub async fn status(&self, signature: Signature) -> Option<Status> {
        self.node.statuses(&[signature]).await.expect("it answers").pop().expect("one for each")
    }

    /// Wait until no block takes this attempt any more.
    pub async fn expired(&self, signed: &Signed) {
        until("the blockhash has expired", async || self.node.height().await.expect("it answers") > signed.last_valid).await;
    }

    /// What the token account holds, finally.
    pub async fn held(&self, account: Address) -> u64 {
        let found = self.node.token_accounts(&[account]).await.expect("it answers");
        found[0].map_or(0, |account| account.amount)
    }
}

pub fn theirs(address: Address) -> Pubkey {
    Pubkey::new_from_array(*address.bytes())
}

/// Somebody, always the same.
pub fn person(number: usize) -> Address {
    let mut bytes = [42; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Address::from_bytes(bytes)
}

//! Tokens and SOL that are worth nothing: for the embedded chain and public test clusters.

use std::time::Duration;

use domain::entities::token::TokenProgram;
use domain::entities::{Address, Signature};
use domain::ports::chain::{
    Blockhash, Chain as _, ChainError, Depth, Fee, Height, Signed, TransactionFailure, Treasury as _, TreasuryError,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use solana_rpc_client_api::request::RpcRequest;
use solana_sdk::instruction::Instruction;
use solana_sdk::signature::Keypair;
use solana_sdk::signer::Signer as _;
use solana_system_interface::instruction::create_account;
use spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent;
use spl_token_2022_interface::instruction::{initialize_mint2, mint_to_checked};

use crate::address::{address, program_id, pubkey};
use crate::treasury::compile;
use crate::{HotTreasury, SolanaNode};

/// The first block of the cluster where money is real.
const MAINNET: &str = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";

/// Bytes of a mint without extensions.
const MINT_BYTES: u64 = 82;

const LOOK_EVERY: Duration = Duration::from_millis(200);

/// More than these few instructions ever use.
const FEE: Fee = Fee { compute_units_max: 100_000, micro_lamports_per_unit: 0 };

/// What did not work.
#[derive(Debug, thiserror::Error)]
pub enum DevError {
    #[error("this is mainnet: nothing is made up where money is real")]
    Mainnet,
    #[error("{symbol} has {found} decimals already, not {asked}")]
    Decimals { symbol: String, found: u8, asked: u8 },
    #[error("the cluster refused the transaction")]
    Failed(#[source] TransactionFailure),
    #[error("the transaction {signature} did not land before its blockhash expired; try again")]
    Expired { signature: Signature },
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Treasury(#[from] TreasuryError),
    #[error("the instruction cannot be built: {0}")]
    Build(String),
}

/// Makes things up on one cluster.
#[derive(Debug)]
pub struct Mill<'a> {
    node: &'a SolanaNode,
    treasury: &'a HotTreasury,
}

impl<'a> Mill<'a> {
    /// # Errors
    /// [`DevError::Mainnet`], or when the cluster does not answer.
    pub async fn open(node: &'a SolanaNode, treasury: &'a HotTreasury) -> Result<Self, DevError> {
        match node.genesis().await?.as_str() {
            MAINNET => Err(DevError::Mainnet),
            _ => Ok(Self { node, treasury }),
        }
    }

    /// The mint of that name: made when it is not there. One treasury has one mint for each symbol. Waits until it is final.
    ///
    /// # Errors
    /// When it is there with other decimals, or the cluster refuses.
    pub async fn mint(&self, symbol: &str, decimals: u8) -> Result<Address, DevError> {
        let mint = self.mint_key(symbol);
        let at = address(&mint.pubkey());
        if let Some(found) = self.node.mint(at).await? {
            let same = found.decimals == decimals;
            return if same {
                Ok(at)
            } else {
                Err(DevError::Decimals { symbol: symbol.to_owned(), found: found.decimals, asked: decimals })
            };
        }
        let (payer, authority, program) = (self.payer(), self.treasury.treasury().pubkey(), program_id(TokenProgram::SplToken));
        let rent = self.node.rent(MINT_BYTES).await?;
        let create = create_account(&payer, &mint.pubkey(), rent, MINT_BYTES, &program);
        let begin = initialize_mint2(&program, &mint.pubkey(), &authority, Some(&authority), decimals);
        self.land(vec![create, begin.map_err(unbuildable)?], Some(&mint)).await?;
        Ok(at)
    }

    /// Give somebody tokens of one of [`Mill::mint`]'s mints, in atomic units. Their account is made when it is not there.
    ///
    /// # Errors
    /// When the mint is not the treasury's, or the cluster refuses.
    pub async fn give(&self, mint: Address, program: TokenProgram, decimals: u8, to: Address, amount: u64) -> Result<Signature, DevError> {
        let account = self.treasury.token_account(to, mint, program);
        let (mint, program, owner) = (pubkey(mint), program_id(program), pubkey(to));
        let open = create_associated_token_account_idempotent(&self.payer(), &owner, &mint, &program);
        let authority = self.treasury.treasury().pubkey();
        let give = mint_to_checked(&program, &mint, &pubkey(account), &authority, &[], amount, decimals);
        self.land(vec![open, give.map_err(unbuildable)?], None).await
    }

    /// Make somebody's account of a mint, when it is not there.
    ///
    /// # Errors
    /// When there is no such mint, or the cluster refuses.
    pub async fn open_account(&self, mint: Address, program: TokenProgram, owner: Address) -> Result<Address, DevError> {
        let account = self.treasury.token_account(owner, mint, program);
        if self.node.token_accounts(&[account]).await?.iter().all(Option::is_none) {
            let open = create_associated_token_account_idempotent(&self.payer(), &pubkey(owner), &pubkey(mint), &program_id(program));
            self.land(vec![open], None).await?;
        }
        Ok(account)
    }

    /// Give somebody lamports out of the cluster's faucet, and wait until they have arrived.
    ///
    /// # Errors
    /// When the cluster has no faucet, or it has given enough.
    pub async fn airdrop(&self, to: Address, lamports: u64) -> Result<Signature, DevError> {
        let text: String = self.node.call(RpcRequest::RequestAirdrop, json!([to.to_string(), lamports])).await?;
        let garbled = |_| ChainError::Unavailable { call: "requestAirdrop", reason: "its answer is not understood".into() };
        let signature = text.parse().map_err(garbled)?;
        let expires = self.node.blockhash().await?.last_valid;
        self.settled(signature, expires, None, Depth::Confirmed).await
    }

    fn mint_key(&self, symbol: &str) -> Keypair {
        let secret = Sha256::new_with_prefix(b"tallyman development mint ")
            .chain_update(symbol)
            .chain_update(self.treasury.treasury().secret_bytes());
        Keypair::new_from_array(secret.finalize().into())
    }

    fn payer(&self) -> solana_sdk::pubkey::Pubkey {
        pubkey(self.treasury.fee_payer())
    }

    /// Send until it is final.
    async fn land(&self, instructions: Vec<Instruction>, also: Option<&Keypair>) -> Result<Signature, DevError> {
        let signed = self.sign(instructions, also, self.node.blockhash().await?)?;
        self.settled(signed.signature, signed.last_valid, Some(&signed), Depth::Finalized).await
    }

    fn sign(&self, instructions: Vec<Instruction>, also: Option<&Keypair>, blockhash: Blockhash) -> Result<Signed, DevError> {
        let instructions: Vec<_> = compile::budget(FEE).into_iter().chain(instructions).collect();
        let draft = compile::draft(&self.payer(), &instructions, None, blockhash)?;
        let keys: Vec<&Keypair> = self.treasury.keys().into_iter().chain(also).collect();
        Ok(compile::sign(&draft, &keys)?)
    }

    /// Wait until the transaction lies that deep, or is over without having happened, and send it again as long as nobody knows it.
    async fn settled(&self, signature: Signature, last_valid: Height, again: Option<&Signed>, depth: Depth) -> Result<Signature, DevError> {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            look.tick().await;
            let height = self.node.height().await?;
            match self.node.statuses(&[signature]).await?.pop().flatten() {
                Some(status) if status.depth >= depth => {
                    return status.failure.map_or(Ok(signature), |failure| Err(DevError::Failed(failure)));
                }
                Some(_) => {}
                None if height > last_valid => return Err(DevError::Expired { signature }),
                None => {
                    if let Some(signed) = again {
                        // What it answers is nothing to rely on: it may have it already.
                        let _ = self.node.send(signed).await;
                    }
                }
            }
        }
    }
}

fn unbuildable(error: impl std::fmt::Display) -> DevError {
    DevError::Build(error.to_string())
}

//! The port `Treasury`, with keys in memory.

mod accounts;
mod blame;
pub(crate) mod compile;
mod keys;
mod payouts;
mod table;

use async_trait::async_trait;
use domain::entities::Address;
use domain::entities::token::TokenProgram;
use domain::ports::chain::{Blame, Blockhash, Draft, Fee, PayoutBatch, Signed, TransactionFailure, Treasury, TreasuryError};
use domain::ports::secrets::Secrets;
use solana_sdk::signature::Keypair;
use solana_sdk::signer::Signer as _;
use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id;
use uuid::Uuid;

pub use keys::KeyError;

use crate::address::{address, program_id, pubkey};

/// Keys that this process holds as long as it runs.
pub struct HotTreasury {
    treasury: Keypair,
    fee_payer: Keypair,
}

impl HotTreasury {
    /// The names under which the port `Secrets` hands out the keys.
    pub const TREASURY: &'static str = "treasury";
    pub const FEE_PAYER: &'static str = "fee_payer";

    /// # Errors
    /// When a key cannot be had or is none.
    pub async fn open(secrets: &dyn Secrets) -> Result<Self, KeyError> {
        Ok(Self { treasury: keys::load(secrets, Self::TREASURY).await?, fee_payer: keys::load(secrets, Self::FEE_PAYER).await? })
    }

    pub(crate) fn treasury(&self) -> &Keypair {
        &self.treasury
    }

    pub(crate) fn keys(&self) -> [&Keypair; 2] {
        [&self.treasury, &self.fee_payer]
    }
}

/// No key is printed.
impl std::fmt::Debug for HotTreasury {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HotTreasury").field("treasury", &self.address()).field("fee_payer", &self.fee_payer()).finish()
    }
}

#[async_trait]
impl Treasury for HotTreasury {
    fn address(&self) -> Address {
        address(&self.treasury.pubkey())
    }

    fn fee_payer(&self) -> Address {
        address(&self.fee_payer.pubkey())
    }

    fn token_account(&self, owner: Address, mint: Address, program: TokenProgram) -> Address {
        address(&get_associated_token_address_with_program_id(&pubkey(owner), &pubkey(mint), &program_id(program)))
    }

    fn marker(&self, batch: Uuid) -> Address {
        address(&payouts::marker(&self.treasury.pubkey(), batch))
    }

    fn draft_payouts(&self, batch: &PayoutBatch, fee: Fee, blockhash: Blockhash) -> Result<Draft, TreasuryError> {
        payouts::draft(&self.treasury.pubkey(), batch, fee, blockhash)
    }

    fn draft_accounts(
        &self,
        owners: &[Address],
        mint: Address,
        program: TokenProgram,
        fee: Fee,
        blockhash: Blockhash,
    ) -> Result<Draft, TreasuryError> {
        accounts::draft(&self.fee_payer.pubkey(), owners, mint, program, fee, blockhash)
    }

    fn draft_table(&self, slot: u64, addresses: &[Address], blockhash: Blockhash) -> Result<(Address, Draft), TreasuryError> {
        table::draft(&self.fee_payer.pubkey(), slot, addresses, blockhash)
    }

    fn draft_table_growth(&self, table: Address, addresses: &[Address], blockhash: Blockhash) -> Result<Draft, TreasuryError> {
        table::draft_growth(&self.fee_payer.pubkey(), table, addresses, blockhash)
    }

    fn blame(&self, failure: &TransactionFailure) -> Blame {
        blame::of(failure)
    }

    async fn sign(&self, draft: &Draft) -> Result<Signed, TreasuryError> {
        compile::sign(draft, &self.keys())
    }
}

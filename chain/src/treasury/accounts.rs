//! Token accounts for those who have none yet.

use domain::entities::Address;
use domain::entities::token::TokenProgram;
use domain::ports::chain::{Blockhash, Draft, Fee, PayoutBatch, TreasuryError};
use solana_sdk::pubkey::Pubkey;
use spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent;

use super::compile;
use crate::address::{program_id, pubkey};

pub fn draft(
    fee_payer: &Pubkey,
    owners: &[Address],
    mint: Address,
    program: TokenProgram,
    fee: Fee,
    blockhash: Blockhash,
) -> Result<Draft, TreasuryError> {
    if owners.is_empty() || owners.len() > PayoutBatch::ACCOUNTS_MAX {
        return Err(TreasuryError::Count { given: owners.len(), max: PayoutBatch::ACCOUNTS_MAX });
    }
    let (mint, program) = (pubkey(mint), program_id(program));
    let make = |owner: &Address| create_associated_token_account_idempotent(fee_payer, &pubkey(*owner), &mint, &program);
    let instructions: Vec<_> = compile::budget(fee).into_iter().chain(owners.iter().map(make)).collect();
    compile::draft(fee_payer, &instructions, None, blockhash)
}

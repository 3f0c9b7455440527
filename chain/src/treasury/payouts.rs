//! Many payouts, one transaction, once.

use domain::ports::chain::{Blockhash, Draft, Fee, PayoutBatch, TreasuryError};
use solana_sdk::pubkey::Pubkey;
use solana_system_interface::instruction::create_account_with_seed;
use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id;
use spl_token_2022_interface::instruction::transfer_checked;
use uuid::Uuid;

use super::compile::{self, unbuildable};
use crate::address::{program_id, pubkey};

/// What an account without data must hold to stay: rent for two years of 128 bytes.
const MARKER_LAMPORTS: u64 = 890_880;

/// The instruction that makes the marker, after the two of the compute budget.
pub const MARKER_INSTRUCTION: u8 = 2;
/// Transfers follow it.
pub const FIRST_LINE: u8 = 3;

/// The treasury pays the fee itself: a second signature would cost as many bytes as five payouts.
pub fn draft(treasury: &Pubkey, batch: &PayoutBatch, fee: Fee, blockhash: Blockhash) -> Result<Draft, TreasuryError> {
    if batch.lines.is_empty() || batch.lines.len() > PayoutBatch::LINES_MAX {
        return Err(TreasuryError::Count { given: batch.lines.len(), max: PayoutBatch::LINES_MAX });
    }
    let (program, mint) = (program_id(batch.program), pubkey(batch.mint));
    let custody = get_associated_token_address_with_program_id(treasury, &mint, &program);
    let mut instructions = compile::budget(fee).to_vec();
    let marker = marker(treasury, batch.id);
    instructions.push(create_account_with_seed(treasury, &marker, treasury, &seed(batch.id), MARKER_LAMPORTS, 0, &SYSTEM));
    for line in &batch.lines {
        let amount = u64::try_from(line.amount.atomic()).map_err(unbuildable)?;
        let destination = pubkey(line.destination);
        let transfer = transfer_checked(&program, &custody, &mint, &destination, treasury, &[], amount, batch.decimals);
        instructions.push(transfer.map_err(unbuildable)?);
    }
    compile::draft(treasury, &instructions, batch.table.as_ref(), blockhash)
}

/// Belongs to the treasury and the batch, whoever pays for an attempt.
pub fn marker(treasury: &Pubkey, batch: Uuid) -> Pubkey {
    Pubkey::create_with_seed(treasury, &seed(batch), &SYSTEM).expect("32 characters are a seed, and the System program derives")
}

/// 32 characters, the longest that a seed may have.
fn seed(batch: Uuid) -> String {
    batch.as_simple().to_string()
}

const SYSTEM: Pubkey = solana_system_interface::program::ID;

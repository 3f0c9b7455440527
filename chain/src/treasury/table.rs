//! Lookup tables: each address in one costs a transaction one byte in place of 32.

use domain::entities::Address;
use domain::ports::chain::{Blockhash, Draft, PayoutBatch, TreasuryError};
use solana_address_lookup_table_interface::instruction::{create_lookup_table, extend_lookup_table};
use solana_sdk::instruction::Instruction;
use solana_sdk::pubkey::Pubkey;

use super::compile;
use crate::address::{address, pubkey};

pub fn draft(fee_payer: &Pubkey, slot: u64, addresses: &[Address], blockhash: Blockhash) -> Result<(Address, Draft), TreasuryError> {
    let (create, table) = create_lookup_table(*fee_payer, *fee_payer, slot);
    let extend = extend(fee_payer, table, addresses)?;
    Ok((address(&table), compile::draft(fee_payer, &[create, extend], None, blockhash)?))
}

pub fn draft_growth(fee_payer: &Pubkey, table: Address, addresses: &[Address], blockhash: Blockhash) -> Result<Draft, TreasuryError> {
    let extend = extend(fee_payer, pubkey(table), addresses)?;
    compile::draft(fee_payer, &[extend], None, blockhash)
}

fn extend(fee_payer: &Pubkey, table: Pubkey, addresses: &[Address]) -> Result<Instruction, TreasuryError> {
    if addresses.is_empty() || addresses.len() > PayoutBatch::TABLE_GROWTH_MAX {
        return Err(TreasuryError::Count { given: addresses.len(), max: PayoutBatch::TABLE_GROWTH_MAX });
    }
    Ok(extend_lookup_table(table, *fee_payer, Some(*fee_payer), addresses.iter().map(|it| pubkey(*it)).collect()))
}

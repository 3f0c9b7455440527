//! Instructions become bytes, and bytes become signed.

use domain::entities::Signature;
use domain::ports::chain::{Blockhash, Draft, Fee, LookupTable, Signed, TreasuryError};
use sha2::{Digest as _, Sha256};
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_sdk::hash::Hash;
use solana_sdk::instruction::Instruction;
use solana_sdk::message::{AddressLookupTableAccount, VersionedMessage, v0};
use solana_sdk::pubkey::Pubkey;
use solana_sdk::signature::Keypair;
use solana_sdk::signer::Signer as _;
use solana_sdk::transaction::VersionedTransaction;

use crate::address::{address, pubkey, signature};

/// What a transaction may have: an IPv6 packet without its headers.
const BYTES_MAX: usize = 1_232;

/// Limit and price of what follows. Two instructions, always.
pub fn budget(fee: Fee) -> [Instruction; 2] {
    [
        ComputeBudgetInstruction::set_compute_unit_limit(fee.compute_units_max),
        ComputeBudgetInstruction::set_compute_unit_price(fee.micro_lamports_per_unit),
    ]
}

pub fn draft(
    payer: &Pubkey,
    instructions: &[Instruction],
    table: Option<&LookupTable>,
    blockhash: Blockhash,
) -> Result<Draft, TreasuryError> {
    let tables: Vec<_> = table.into_iter().map(named).collect();
    let message = v0::Message::try_compile(payer, instructions, &tables, Hash::new_from_array(blockhash.hash)).map_err(unbuildable)?;
    let unsigned = vec![solana_sdk::signature::Signature::default(); message.header.num_required_signatures.into()];
    let wire = write(&VersionedTransaction { signatures: unsigned, message: VersionedMessage::V0(message) })?;
    if wire.len() > BYTES_MAX {
        return Err(TreasuryError::Size { bytes: wire.len(), max: BYTES_MAX });
    }
    Ok(Draft { wire, last_valid: blockhash.last_valid })
}

pub fn sign(draft: &Draft, keys: &[&Keypair]) -> Result<Signed, TreasuryError> {
    let mut transaction: VersionedTransaction = bincode::deserialize(&draft.wire).map_err(unbuildable)?;
    let message = transaction.message.serialize();
    let signers = transaction.message.static_account_keys().iter().take(transaction.signatures.len());
    let sign = |signer: &Pubkey| {
        let key = keys.iter().find(|key| key.pubkey() == *signer).ok_or_else(|| TreasuryError::Foreign { signer: address(signer) })?;
        Ok(key.sign_message(&message))
    };
    transaction.signatures = signers.map(sign).collect::<Result<_, _>>()?;
    let first: Signature = transaction.signatures.first().map(signature).ok_or_else(|| unbuildable("nobody signs it"))?;
    let message_hash = Sha256::digest(&message).into();
    Ok(Signed { signature: first, message_hash, wire: write(&transaction)?, last_valid: draft.last_valid })
}

fn write(transaction: &VersionedTransaction) -> Result<Vec<u8>, TreasuryError> {
    bincode::serialize(transaction).map_err(unbuildable)
}

fn named(table: &LookupTable) -> AddressLookupTableAccount {
    AddressLookupTableAccount { key: pubkey(table.address), addresses: table.addresses.iter().map(|it| pubkey(*it)).collect() }
}

pub fn unbuildable(reason: impl std::fmt::Display) -> TreasuryError {
    TreasuryError::Build { reason: reason.to_string() }
}

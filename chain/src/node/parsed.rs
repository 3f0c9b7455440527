//! A transaction as a node explains it.

use std::collections::BTreeMap;

use domain::entities::{Address, Signature, Timestamp};
use domain::ports::chain::{ChainTransaction, Memo, TokenChange, TokenMove};
use solana_transaction_status_client_types::option_serializer::OptionSerializer;
use solana_transaction_status_client_types::{
    EncodedConfirmedTransactionWithStatusMeta, EncodedTransaction, ParsedInstruction, UiInstruction, UiMessage, UiParsedInstruction,
    UiTransactionTokenBalance,
};

use super::errors;

/// Both versions of the Memo program.
const MEMO: [&str; 2] = ["MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr", "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo"];

/// Nothing when the answer lacks what every final transaction has.
pub fn read(signature: Signature, found: EncodedConfirmedTransactionWithStatusMeta) -> Option<ChainTransaction> {
    let meta = found.transaction.meta?;
    let EncodedTransaction::Json(transaction) = found.transaction.transaction else { return None };
    let UiMessage::Parsed(message) = transaction.message else { return None };
    let keys = message.account_keys.iter().map(|key| key.pubkey.parse().ok()).collect::<Option<Vec<Address>>>()?;
    let signers = message.account_keys.iter().zip(&keys).filter(|(key, _)| key.signer).map(|(_, address)| *address).collect();
    let (before, after) = (given(meta.pre_token_balances), given(meta.post_token_balances));
    let mut read = ChainTransaction {
        signature,
        slot: found.slot,
        at: found.block_time.and_then(|seconds| seconds.checked_mul(1_000_000)).map(Timestamp::from_micros),
        failure: meta.err.map(|error| errors::failure(&error.into())),
        fee: meta.fee,
        signers,
        changes: changes(&keys, &before, &after)?,
        moves: Vec::new(),
        memos: Vec::new(),
    };
    for (index, instruction) in (0..).zip(&message.instructions) {
        note(&mut read, index, None, instruction);
    }
    for inner in given(meta.inner_instructions) {
        for (place, instruction) in (0..).zip(&inner.instructions) {
            note(&mut read, inner.index, Some(place), instruction);
        }
    }
    Some(read)
}

fn given<T>(list: OptionSerializer<Vec<T>>) -> Vec<T> {
    match list {
        OptionSerializer::Some(list) => list,
        OptionSerializer::None | OptionSerializer::Skip => Vec::new(),
    }
}

fn changes(keys: &[Address], before: &[UiTransactionTokenBalance], after: &[UiTransactionTokenBalance]) -> Option<Vec<TokenChange>> {
    let mut changes = BTreeMap::new();
    for (balance, is_after) in before.iter().map(|balance| (balance, false)).chain(after.iter().map(|balance| (balance, true))) {
        let change = changes.entry(balance.account_index).or_insert(TokenChange {
            account: *keys.get(usize::from(balance.account_index))?,
            mint: balance.mint.parse().ok()?,
            owner: Option::from(balance.owner.clone()).and_then(|owner: String| owner.parse().ok()),
            before: 0,
            after: 0,
        });
        let amount = balance.ui_token_amount.amount.parse().ok()?;
        *(if is_after { &mut change.after } else { &mut change.before }) = amount;
    }
    Some(changes.into_values().filter(|change| change.before != change.after).collect())
}

fn note(into: &mut ChainTransaction, instruction: u8, inner: Option<u8>, said: &UiInstruction) {
    let UiInstruction::Parsed(UiParsedInstruction::Parsed(said)) = said else { return };
    if MEMO.contains(&said.program_id.as_str()) {
        if let Some(text) = said.parsed.as_str() {
            into.memos.push(Memo { instruction, text: text.to_owned() });
        }
    } else if let Some(moved) = token_move(instruction, inner, said) {
        into.moves.push(moved);
    }
}

fn token_move(instruction: u8, inner: Option<u8>, said: &ParsedInstruction) -> Option<TokenMove> {
    if !said.program.starts_with("spl-token") || !said.parsed["type"].as_str()?.starts_with("transfer") {
        return None;
    }
    let info = &said.parsed["info"];
    let address = |name: &str| info[name].as_str().and_then(|text| text.parse::<Address>().ok());
    let amount = info["amount"].as_str().or_else(|| info["tokenAmount"]["amount"].as_str());
    Some(TokenMove {
        instruction,
        inner,
        from: address("source")?,
        to: address("destination")?,
        authority: ["authority", "multisigAuthority"].into_iter().find_map(address),
        amount: amount?.parse().ok()?,
    })
}

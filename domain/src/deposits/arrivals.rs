//! What a transaction has done to a custody account, without asking anybody.

use entities::{Address, Amount, Timestamp};

use crate::ports::chain::ChainTransaction;

/// Characters of a memo that are kept.
const MEMO_CHARS_MAX: usize = 100;

/// Money that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The transfer's place, counted from 0; -1 for what no transfer explains.
    pub instruction: i32,
    /// Its place among those that the instruction called; -1 for the instruction itself.
    pub inner_instruction: i32,
    pub amount: Amount,
    pub source_account: Option<Address>,
    /// Whose money it was.
    pub source_owner: Option<Address>,
    pub memo: Option<String>,
    pub at: Option<Timestamp>,
}

/// All of it, in one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrivals {
    pub came: Vec<Arrival>,
    /// What left. Over all our accounts of a mint `came - left` is the change of their balances, always.
    pub left: Amount,
}

/// Nothing is credited that did not arrive: what the balance rose by decides, and the transfers say whose it is as far as they add up to it. Where they do
/// not, because the mint keeps a part or makes new ones, one arrival without a sender stands for all of it. `None`: more than can be counted.
#[must_use]
pub fn arrivals(transaction: &ChainTransaction, account: Address, ours: &[Address]) -> Option<Arrivals> {
    if transaction.failure.is_some() {
        return Some(Arrivals::default());
    }
    let change = transaction.changes.iter().find(|change| change.account == account);
    let rise = change.map_or(0, |change| i128::from(change.after) - i128::from(change.before));
    let sum = |wanted: &dyn Fn(Address, Address) -> bool| -> i128 {
        transaction.moves.iter().filter(|it| it.from != it.to && wanted(it.from, it.to)).map(|it| i128::from(it.amount)).sum()
    };
    if sum(&|_, to| to == account) - sum(&|from, _| from == account) != rise {
        return unexplained(transaction, rise);
    }
    // What goes from one account of ours to another neither came nor left.
    let mut came = Vec::new();
    for it in transaction.moves.iter().filter(|it| it.to == account && !ours.contains(&it.from) && it.amount > 0) {
        came.push(Arrival {
            instruction: it.instruction.into(),
            inner_instruction: it.inner.map_or(-1, i32::from),
            amount: amount(it.amount.into())?,
            source_account: Some(it.from),
            source_owner: owner_of(transaction, it.from),
            memo: memo_of(transaction, it.instruction),
            at: transaction.at,
        });
    }
    Some(Arrivals { came, left: amount(sum(&|from, to| from == account && !ours.contains(&to)))? })
}

fn unexplained(transaction: &ChainTransaction, rise: i128) -> Option<Arrivals> {
    if rise > 0 {
        return Some(Arrivals { came: vec![rest(transaction, rise)?], left: Amount::ZERO });
    }
    Some(Arrivals { came: Vec::new(), left: amount(-rise)? })
}

fn rest(transaction: &ChainTransaction, rise: i128) -> Option<Arrival> {
    let memo = transaction.memos.first().map(|memo| plain(&memo.text));
    Some(Arrival {
        instruction: -1,
        inner_instruction: -1,
        amount: amount(rise)?,
        source_account: None,
        source_owner: None,
        memo,
        at: transaction.at,
    })
}

fn amount(atomic: i128) -> Option<Amount> {
    Amount::new(i64::try_from(atomic).ok()?).ok()
}

/// Whoever only has a permission to move it does not own it.
fn owner_of(transaction: &ChainTransaction, account: Address) -> Option<Address> {
    transaction.changes.iter().find(|change| change.account == account).and_then(|change| change.owner)
}

/// The memo that stands before a transfer belongs to it, or else the first one after it.
fn memo_of(transaction: &ChainTransaction, instruction: u8) -> Option<String> {
    let before = transaction.memos.iter().filter(|memo| memo.instruction <= instruction).max_by_key(|memo| memo.instruction);
    let memo = before.or_else(|| transaction.memos.iter().min_by_key(|memo| memo.instruction));
    memo.map(|memo| plain(&memo.text))
}

/// No database keeps every character.
fn plain(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(MEMO_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use entities::Signature;

    use super::*;
    use crate::ports::chain::{Memo, TokenChange, TokenMove};

    fn at(byte: u8) -> Address {
        Address::from_bytes([byte; 32])
    }

    fn change(account: u8, before: u64, after: u64) -> TokenChange {
        TokenChange { account: at(account), mint: at(99), owner: Some(at(account + 100)), before, after }
    }

    fn moved(instruction: u8, from: u8, to: u8, amount: u64) -> TokenMove {
        TokenMove { instruction, inner: None, from: at(from), to: at(to), authority: None, amount }
    }

    fn transaction(changes: Vec<TokenChange>, moves: Vec<TokenMove>, memos: &[(u8, &str)]) -> ChainTransaction {
        let memos = memos.iter().map(|(instruction, text)| Memo { instruction: *instruction, text: (*text).into() }).collect();
        let signature = Signature::from_bytes([1; 64]);
        ChainTransaction { signature, slot: 1, at: None, failure: None, fee: 0, signers: Vec::new(), changes, moves, memos }
    }

    fn came(found: &Arrivals) -> Vec<(i32, i64, Option<&str>)> {
        found.came.iter().map(|it| (it.instruction, it.amount.atomic(), it.memo.as_deref())).collect()
    }

    #[test]
    fn each_transfer_has_its_sender_and_the_memo_before_it() {
        let changes = vec![change(1, 0, 8), change(2, 9, 4), change(3, 3, 0)];
        let both = transaction(changes, vec![moved(1, 2, 1, 5), moved(3, 3, 1, 3)], &[(0, " one "), (2, "two")]);
        let found = arrivals(&both, at(1), &[at(1)]).unwrap();
        assert_eq!(came(&found), [(1, 5, Some("one")), (3, 3, Some("two"))]);
        assert_eq!(found.came[0].source_owner, Some(at(102)));
        assert_eq!(found.left, Amount::ZERO);
    }

    #[test]
    fn what_the_mint_keeps_is_not_credited() {
        let taxed = transaction(vec![change(1, 0, 9), change(2, 10, 0)], vec![moved(0, 2, 1, 10)], &[(1, "who")]);
        assert_eq!(came(&arrivals(&taxed, at(1), &[at(1)]).unwrap()), [(-1, 9, Some("who"))]);
    }

    #[test]
    fn a_payout_and_a_deposit_in_one_transaction_are_both_counted() {
        let both = transaction(vec![change(1, 10, 7)], vec![moved(0, 1, 2, 5), moved(1, 3, 1, 2)], &[]);
        let found = arrivals(&both, at(1), &[at(1)]).unwrap();
        assert_eq!((came(&found), found.left.atomic()), (vec![(1, 2, None)], 5));
    }

    #[test]
    fn what_failed_or_went_in_circles_is_no_deposit() {
        let circle = transaction(Vec::new(), vec![moved(0, 1, 1, 5)], &[]);
        assert_eq!(arrivals(&circle, at(1), &[at(1)]), Some(Arrivals::default()));
        let failure = Some(crate::ports::chain::TransactionFailure { instruction: None, code: None, text: "no".into() });
        let failed = ChainTransaction { failure, ..transaction(vec![change(1, 0, 5)], vec![moved(0, 2, 1, 5)], &[]) };
        assert_eq!(arrivals(&failed, at(1), &[at(1)]), Some(Arrivals::default()));
    }

    #[test]
    fn characters_that_no_database_keeps_are_left_out_of_a_memo() {
        let odd = transaction(vec![change(1, 0, 5)], vec![moved(0, 2, 1, 5)], &[(0, "a\0b\u{7}")]);
        assert_eq!(came(&arrivals(&odd, at(1), &[at(1)]).unwrap()), [(0, 5, Some("ab"))]);
    }
}

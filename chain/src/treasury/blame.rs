//! What the failure of a payout transaction says about its lines.

use domain::ports::chain::{Blame, TransactionFailure};

use super::payouts::{FIRST_LINE, MARKER_INSTRUCTION};

/// System program: the account is in use.
const IN_USE: u32 = 0;
/// Token programs: custody holds too little.
const INSUFFICIENT: u32 = 1;
/// Token programs: the account is frozen.
const FROZEN: u32 = 17;
/// Token programs: the account is of another mint.
const OTHER_MINT: u32 = 3;

pub fn of(failure: &TransactionFailure) -> Blame {
    match (failure.instruction, failure.code) {
        (Some(MARKER_INSTRUCTION), Some(IN_USE)) => Blame::AlreadyPaid,
        (Some(instruction), code) if instruction >= FIRST_LINE && code != Some(INSUFFICIENT) => {
            let reason = match code {
                Some(FROZEN) => "the token account is frozen".into(),
                Some(OTHER_MINT) => "the token account is of another mint".into(),
                Some(_) => failure.text.clone(),
                None => format!("there is no such token account ({})", failure.text),
            };
            Blame::Line { index: usize::from(instruction - FIRST_LINE), reason }
        }
        _ => Blame::Batch { reason: failure.text.clone() },
    }
}

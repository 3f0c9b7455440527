//! What the failure of a payout transaction says about its lines. Only what is known to be the destination's fault goes back to its vendor; whatever
//! else a transfer dies of is ours, and giving one line after the other back would mend nothing.

use domain::ports::chain::{Blame, TransactionFailure};
use solana_sdk::instruction::InstructionError;

use super::payouts::{FIRST_LINE, MARKER_INSTRUCTION};

/// System program: the account is in use.
const IN_USE: u32 = 0;

/// Errors of the token programs that a destination causes.
const OF_DESTINATION: [(u32, &str); 3] = [
    (3, "the token account is of another mint"),
    (17, "the token account is frozen"),
    (36, "the token account takes nothing without a memo"),
];

/// What transfers to something that is no token account die of.
const NO_ACCOUNT: [InstructionError; 5] = [
    InstructionError::InvalidAccountData,
    InstructionError::UninitializedAccount,
    InstructionError::IncorrectProgramId,
    InstructionError::InvalidAccountOwner,
    InstructionError::IllegalOwner,
];

pub fn of(failure: &TransactionFailure) -> Blame {
    let fault = match (failure.instruction, failure.code) {
        (Some(MARKER_INSTRUCTION), Some(IN_USE)) => return Blame::AlreadyPaid,
        (_, Some(code)) => OF_DESTINATION.iter().find(|(known, _)| *known == code).map(|(_, reason)| *reason),
        (_, None) => NO_ACCOUNT.iter().any(|error| failure.text.ends_with(&error.to_string())).then_some("there is no such token account"),
    };
    match (failure.instruction.and_then(|instruction| instruction.checked_sub(FIRST_LINE)), fault) {
        (Some(line), Some(reason)) => Blame::Line { index: line.into(), reason: reason.into() },
        _ => Blame::Batch { reason: failure.text.clone() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(instruction: u8, code: Option<u32>, error: &InstructionError) -> TransactionFailure {
        let text = format!("Error processing Instruction {instruction}: {error}");
        TransactionFailure { instruction: Some(instruction), code, text }
    }

    #[test]
    fn a_line_is_blamed_for_its_destination_alone() {
        let custom = |code| failure(5, Some(code), &InstructionError::Custom(code));
        for code in [3, 17, 36] {
            assert!(matches!(of(&custom(code)), Blame::Line { index: 2, .. }), "{code}");
        }
        assert!(matches!(of(&failure(3, None, &InstructionError::InvalidAccountData)), Blame::Line { index: 0, .. }));
    }

    #[test]
    fn what_is_ours_goes_back_to_nobody() {
        // Custody is short, is not ours, or the decimals are wrong.
        for code in [1, 4, 18] {
            assert!(matches!(of(&failure(3, Some(code), &InstructionError::Custom(code))), Blame::Batch { .. }), "{code}");
        }
        assert!(matches!(of(&failure(9, None, &InstructionError::ComputationalBudgetExceeded)), Blame::Batch { .. }));
        assert!(matches!(of(&failure(0, None, &InstructionError::InvalidAccountData)), Blame::Batch { .. }));
        let expired = TransactionFailure { instruction: None, code: None, text: "Blockhash not found".into() };
        assert!(matches!(of(&expired), Blame::Batch { .. }));
    }

    #[test]
    fn a_marker_that_is_there_says_that_it_was_paid() {
        assert_eq!(of(&failure(MARKER_INSTRUCTION, Some(IN_USE), &InstructionError::Custom(IN_USE))), Blame::AlreadyPaid);
        assert!(matches!(of(&failure(MARKER_INSTRUCTION, Some(1), &InstructionError::Custom(1))), Blame::Batch { .. }));
    }
}

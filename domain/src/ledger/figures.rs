//! The figures of one account, and what may become of them.

use entities::ledger_account::Kind;

/// The most that an account holds or owes; one less than what a `BIGINT` reaches below zero, so that every figure has its opposite.
const MOST: i128 = i64::MAX as i128;

/// What an account holds, in atomic units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Credits less debits that are posted.
    pub posted: i64,
    /// Credits that are pending.
    pub pending_in: i64,
    /// Debits that are pending.
    pub pending_out: i64,
}

/// What a transfer does to one of its two accounts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Change {
    pub posted: i128,
    pub pending_in: i128,
    pub pending_out: i128,
}

/// Why figures cannot change so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    Overdraft,
    Overflow,
}

impl Figures {
    /// What can be spent: posted, less what is held.
    #[must_use]
    pub fn available(&self) -> i64 {
        self.posted.saturating_sub(self.pending_out)
    }

    /// # Errors
    /// Which bound of the account it breaks.
    pub fn after(&self, kind: Kind, change: Change) -> Result<Self, Trouble> {
        let posted = i128::from(self.posted) + change.posted;
        let pending_in = i128::from(self.pending_in) + change.pending_in;
        let pending_out = i128::from(self.pending_out) + change.pending_out;
        let falls = change.posted < 0 || change.pending_out > 0;
        if falls && !kind.may_overdraw() && posted < pending_out {
            return Err(Trouble::Overdraft);
        }
        // Whatever is pending may be posted, so there has to be room for it from the beginning.
        if posted + pending_in > MOST || posted - pending_out < -MOST {
            return Err(Trouble::Overflow);
        }
        let narrow = |figure: i128| i64::try_from(figure).map_err(|_| Trouble::Overflow);
        Ok(Self { posted: narrow(posted)?, pending_in: narrow(pending_in)?, pending_out: narrow(pending_out)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(posted: i64, pending_in: i64, pending_out: i64) -> Figures {
        Figures { posted, pending_in, pending_out }
    }

    #[test]
    fn what_is_held_cannot_be_spent_again() {
        let spend = |amount: i128| Change { posted: -amount, ..Change::default() };
        let has = holds(10, 0, 4);
        assert_eq!(has.after(Kind::Agent, spend(6)), Ok(holds(4, 0, 4)));
        assert_eq!(has.after(Kind::Agent, spend(7)), Err(Trouble::Overdraft));
        assert_eq!(has.after(Kind::Custody, spend(7)), Ok(holds(3, 0, 4)));
    }

    #[test]
    fn no_figure_ever_wraps() {
        let full = holds(i64::MAX - 1, 0, 0);
        let receive = Change { posted: 2, ..Change::default() };
        let announced = Change { pending_in: 2, ..Change::default() };
        assert_eq!(full.after(Kind::Agent, receive), Err(Trouble::Overflow));
        assert_eq!(full.after(Kind::Agent, announced), Err(Trouble::Overflow), "it could not be posted");
        let owes = holds(-i64::MAX, 0, 0);
        assert_eq!(owes.after(Kind::Custody, Change { posted: -1, ..Change::default() }), Err(Trouble::Overflow));
    }
}

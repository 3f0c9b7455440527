//! The judgement: is there a reason for every atomic unit?

use super::Figures;

/// What the chain said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// What the custody accounts held, in some final block between the two slots of the figures.
    pub custody: i128,
}

/// Whether chain and books agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Agrees,
    /// Transactions that were seen and not read may explain the difference; the last verdict stands.
    Unread {
        transactions: i64,
    },
    /// Nothing explains it.
    Differs {
        unexplained: i128,
        reason: String,
    },
}

/// Three things have to hold. The balance on chain is what the accounts' own history adds up to. All that came in is booked. And what left is what has
/// reached vendors, or is on its way to them.
#[must_use]
pub fn judge(seen: Seen, figures: &Figures) -> Verdict {
    // What lies in the blocks between the two slots may be in the balance or not.
    let least = figures.came_before - figures.left_after;
    let most = figures.came_after - figures.left_before;
    let strange = seen.custody - seen.custody.clamp(least.min(most), most.max(least));
    if strange != 0 && figures.unread > 0 {
        return Verdict::Unread { transactions: figures.unread };
    }
    if strange != 0 {
        let reason = format!(
            "the custody accounts hold {} on chain, and the transactions that are known of them add up to {}",
            seen.custody,
            seen.custody - strange
        );
        return Verdict::Differs { unexplained: strange, reason };
    }
    let unbooked = figures.came - figures.booked;
    if unbooked != 0 {
        let reason = format!("{} has arrived on chain, and the books have {} as arrived", figures.came, figures.booked);
        return Verdict::Differs { unexplained: unbooked, reason };
    }
    let underway = figures.left - figures.settled;
    if underway < 0 && figures.unread > 0 {
        return Verdict::Unread { transactions: figures.unread };
    }
    if underway < 0 {
        let reason = format!("the books have {} as paid out, and only {} has left on chain", figures.settled, figures.left);
        return Verdict::Differs { unexplained: -underway, reason };
    }
    if underway > figures.in_flight {
        let unexplained = figures.in_flight - underway;
        let reason = format!("{} has left on chain that is no payout: {} is in flight", -unexplained, figures.in_flight);
        return Verdict::Differs { unexplained, reason };
    }
    Verdict::Agrees
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 came, 30 were paid out, and nothing is under way.
    fn quiet() -> Figures {
        Figures {
            came: 100,
            came_before: 100,
            came_after: 100,
            left: 30,
            left_before: 30,
            left_after: 30,
            booked: 100,
            settled: 30,
            ..Figures::default()
        }
    }

    fn unexplained(custody: i128, figures: Figures) -> i128 {
        match judge(Seen { custody }, &figures) {
            Verdict::Agrees => 0,
            Verdict::Differs { unexplained, .. } => unexplained,
            Verdict::Unread { .. } => panic!("nothing is unread"),
        }
    }

    #[test]
    fn every_unit_has_to_have_a_reason() {
        assert_eq!(unexplained(70, quiet()), 0);
        assert_eq!(unexplained(69, quiet()), -1, "gone without a transaction");
        assert_eq!(unexplained(71, quiet()), 1, "come without a transaction");
        assert_eq!(unexplained(70, Figures { booked: 99, ..quiet() }), 1, "never booked");
        assert_eq!(unexplained(70, Figures { settled: 31, ..quiet() }), 1, "paid out in the books only");
    }

    #[test]
    fn what_left_is_explained_by_payouts_in_flight_and_by_no_more() {
        let left = Figures { left: 50, left_before: 50, left_after: 50, ..quiet() };
        assert_eq!(unexplained(50, Figures { in_flight: 20, ..left }), 0);
        assert_eq!(unexplained(50, Figures { in_flight: 19, ..left }), -1);
    }

    #[test]
    fn what_happened_while_custody_was_read_may_be_in_it_or_not() {
        let busy = Figures { came: 110, came_after: 105, booked: 110, ..quiet() };
        for custody in [70, 75] {
            assert_eq!(unexplained(custody, busy), 0, "{custody}");
        }
        assert_eq!(unexplained(76, busy), 1);
    }

    #[test]
    fn as_long_as_something_is_unread_a_difference_is_no_verdict() {
        let unread = Figures { unread: 2, ..quiet() };
        assert_eq!(judge(Seen { custody: 71 }, &unread), Verdict::Unread { transactions: 2 });
        assert_eq!(judge(Seen { custody: 70 }, &unread), Verdict::Agrees);
    }
}

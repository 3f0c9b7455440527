//! Many waits in one number.

use std::time::Duration;

/// A wait in milliseconds.
#[must_use]
pub fn millis(wait: Duration) -> f64 {
    wait.as_secs_f64() * 1_000.0
}

/// The wait that so many of a hundred do not exceed (nearest rank); 0 when there are none. Sorts what it is given.
pub fn quantile(waits: &mut [f64], percent: usize) -> f64 {
    waits.sort_by(f64::total_cmp);
    let rank = (waits.len() * percent).div_ceil(100).max(1);
    waits.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn a_quantile_is_one_of_the_waits() {
        let mut waits = [5.0, 1.0, 4.0, 2.0, 3.0];
        let found = [0, 50, 95, 100].map(|percent| quantile(&mut waits, percent).to_string());
        assert_eq!(found, ["1", "3", "5", "5"]);
        assert!(quantile(&mut [], 50) < f64::EPSILON);
    }
}

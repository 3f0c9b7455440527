//! Which versions are hot and what is parked for each: the books of the warm pool, which know no engine.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use super::settings::Warm;

/// Versions `V` and what is parked for them, `P`. A parked one that leaves the shelf is dropped.
pub(super) struct Shelf<V, P> {
    settings: Warm,
    places: HashMap<V, Place<P>>,
    /// Counts runs and stays, so that what came later has the larger number.
    turn: u64,
}

struct Place<P> {
    /// A version that comes back after it was evicted has another stay: what was under way for the first is nothing to the second.
    stay: Stay,
    runs: u32,
    last_run: u64,
    parked: VecDeque<P>,
    filling: bool,
    /// None could be made: none is tried before the version runs again.
    set_aside: bool,
}

/// One stay of a version on the shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stay(u64);

impl<V: Clone + Eq + Hash, P> Shelf<V, P> {
    pub fn new(settings: Warm) -> Self {
        Self { settings, places: HashMap::new(), turn: 0 }
    }

    /// Counts a run of this version, and evicts those that ran longest ago.
    pub fn note(&mut self, version: &V) {
        self.turn += 1;
        let turn = self.turn;
        let new = || Place { stay: Stay(turn), runs: 0, last_run: turn, parked: VecDeque::new(), filling: false, set_aside: false };
        let place = self.places.entry(version.clone()).or_insert_with(new);
        place.runs = place.runs.saturating_add(1);
        place.last_run = turn;
        place.set_aside = false;
        while self.places.len() > self.settings.versions_max {
            let coldest = self.places.iter().min_by_key(|(_, place)| place.last_run).map(|(version, _)| version.clone());
            coldest.and_then(|version| self.places.remove(&version));
        }
    }

    /// Whether this version's places are to be filled now. Whoever is told so fills them, and says [`Self::filled`] in the end.
    pub fn wants(&mut self, version: &V) -> Option<Stay> {
        let settings = &self.settings;
        let place = self.places.get_mut(version)?;
        let wanted = place.runs >= settings.hot_after_runs && place.parked.len() < settings.parked_per_version;
        if !wanted || place.filling || place.set_aside {
            return None;
        }
        place.filling = true;
        Some(place.stay)
    }

    /// None could be made of this version. Whatever stands in the way, asking again each few seconds does not mend it.
    pub fn set_aside(&mut self, version: &V, stay: Stay) {
        if let Some(place) = self.places.get_mut(version).filter(|place| place.stay == stay) {
            place.set_aside = true;
        }
    }

    /// Takes a new one in, or lets go of it when the version's stay is over; answers whether another one is wanted.
    pub fn park(&mut self, version: &V, stay: Stay, parked: P) -> bool {
        let Some(place) = self.places.get_mut(version).filter(|place| place.stay == stay) else { return false };
        place.parked.push_back(parked);
        place.parked.len() < self.settings.parked_per_version
    }

    pub fn filled(&mut self, version: &V, stay: Stay) {
        if let Some(place) = self.places.get_mut(version).filter(|place| place.stay == stay) {
            place.filling = false;
        }
    }

    /// The oldest parked one that is still fit; those that are not are dropped.
    pub fn take(&mut self, version: &V, mut fit: impl FnMut(&mut P) -> bool) -> Option<P> {
        let parked = &mut self.places.get_mut(version)?.parked;
        while let Some(mut candidate) = parked.pop_front() {
            if fit(&mut candidate) {
                return Some(candidate);
            }
        }
        None
    }

    /// Drops what is not fit any more; answers the versions that are here.
    pub fn tidy(&mut self, mut fit: impl FnMut(&mut P) -> bool) -> Vec<V> {
        self.places.values_mut().for_each(|place| place.parked.retain_mut(&mut fit));
        self.places.keys().cloned().collect()
    }

    /// How many are parked for all versions together.
    pub fn parked(&self) -> usize {
        self.places.values().map(|place| place.parked.len()).sum()
    }

    pub fn clear(&mut self) {
        self.places.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{Shelf, Stay};
    use crate::sandbox::Warm;

    fn shelf(versions_max: usize) -> Shelf<&'static str, u32> {
        Shelf::new(Warm { parked_per_version: 1, versions_max, hot_after_runs: 1, ..Warm::default() })
    }

    fn hot(shelf: &mut Shelf<&'static str, u32>, version: &'static str) -> Stay {
        shelf.note(&version);
        shelf.wants(&version).expect("nobody fills it yet")
    }

    #[test]
    fn a_version_that_comes_back_during_its_first_fill_has_no_more_than_its_places() {
        let mut shelf = shelf(1);
        let first = hot(&mut shelf, "a");
        hot(&mut shelf, "b");
        let second = hot(&mut shelf, "a");
        assert!(!shelf.park(&"a", second, 2));
        assert!(!shelf.park(&"a", first, 1), "the fill of the first stay ends");
        assert_eq!((shelf.parked(), shelf.take(&"a", |_| true)), (1, Some(2)));
    }

    #[test]
    fn the_end_of_a_fill_says_nothing_about_that_of_a_later_stay() {
        let mut shelf = shelf(1);
        let first = hot(&mut shelf, "a");
        hot(&mut shelf, "b");
        let second = hot(&mut shelf, "a");
        shelf.filled(&"a", first);
        assert_eq!(shelf.wants(&"a"), None, "it is being filled");
        shelf.filled(&"a", second);
        assert_eq!(shelf.wants(&"a"), Some(second));
    }

    #[test]
    fn a_version_of_which_none_can_be_made_is_left_alone_until_it_runs_again() {
        let mut shelf = shelf(1);
        let stay = hot(&mut shelf, "a");
        shelf.set_aside(&"a", stay);
        shelf.filled(&"a", stay);
        assert_eq!(shelf.wants(&"a"), None);
        assert_eq!((shelf.tidy(|_| true), shelf.wants(&"a")), (vec!["a"], None), "nor when the shelf is tended");
        assert_eq!(hot(&mut shelf, "a"), stay);
    }

    #[test]
    fn the_versions_that_ran_last_stay() {
        let mut shelf = shelf(2);
        for version in ["a", "b", "a", "c"] {
            shelf.note(&version);
        }
        let mut here = shelf.tidy(|_| true);
        here.sort_unstable();
        assert_eq!(here, ["a", "c"]);
    }

    #[test]
    fn what_is_not_fit_any_more_is_neither_taken_nor_kept() {
        let mut shelf = shelf(1);
        let stay = hot(&mut shelf, "a");
        shelf.park(&"a", stay, 1);
        assert_eq!(shelf.take(&"a", |_| false), None);
        assert_eq!(shelf.parked(), 0);
        shelf.filled(&"a", stay);
        assert!(shelf.wants(&"a").is_some(), "its place is free again");
    }
}

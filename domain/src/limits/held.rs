//! What this process holds of each bucket. It takes a twentieth of a quota at a time and serves requests from that, so that a busy caller
//! costs one question to the shared bucket in thirty requests and not one each; and it remembers refusals, so that a flood costs none.
//!
//! A unit that is held is used up by time as one that was taken is: all processes together never give out more than the quota.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Mutex as Turn;
use tokio::time::Instant;

use crate::ports::limiter::{Bucket, Taken};

/// Buckets that are remembered before those that are full again are forgotten.
const BUCKETS_MAX: usize = 20_000;
/// The part of a quota that is taken at once.
const PART: u32 = 20;

/// The buckets of this process.
#[derive(Debug, Clone, Default)]
pub struct Held(Arc<Mutex<Shares>>);

type Shares = HashMap<String, Arc<Turn<Share>>>;

/// What is known of one bucket. Its turn is held while the shared bucket is asked, so that it is asked once for all who wait.
#[derive(Debug)]
pub struct Share {
    /// Units that were taken and not used.
    left: u32,
    /// When all that was taken, by whomever, is free again.
    full_at: Instant,
    /// No use in asking before.
    refused_until: Option<Instant>,
}

/// What a share says to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    Yes,
    /// Not before.
    No(Instant),
    Ask,
}

impl Held {
    pub fn share(&self, bucket: &Bucket) -> Arc<Turn<Share>> {
        let mut shares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = shares.get(&bucket.key) {
            return Arc::clone(share);
        }
        let now = Instant::now();
        if shares.len() >= BUCKETS_MAX {
            shares.retain(|_, share| Arc::strong_count(share) > 1 || share.try_lock().is_ok_and(|share| share.full_at > now));
        }
        let new = Arc::new(Turn::new(Share { left: 0, full_at: now, refused_until: None }));
        shares.insert(bucket.key.clone(), Arc::clone(&new));
        new
    }
}

impl Share {
    /// How many units to take at once.
    pub fn part(bucket: &Bucket) -> u32 {
        (bucket.quota / PART).max(1)
    }

    pub fn spend(&mut self, bucket: &Bucket, now: Instant) -> Word {
        self.left = self.usable(bucket, now);
        if self.left > 0 {
            self.left -= 1;
            return Word::Yes;
        }
        match self.refused_until {
            Some(until) if until > now => Word::No(until),
            _ => Word::Ask,
        }
    }

    /// Note what the shared bucket said to a question of `asked`, and spend one of it.
    pub fn learn(&mut self, bucket: &Bucket, asked: Instant, taken: Taken) -> Word {
        self.full_at = asked + taken.full_in;
        self.left = taken.units;
        if taken.units == 0 {
            let until = asked + (taken.full_in + bucket.interval()).saturating_sub(bucket.span());
            self.refused_until = Some(until);
            return Word::No(until);
        }
        self.refused_until = None;
        self.left -= 1;
        Word::Yes
    }

    /// How many more there are, as far as this process knows, and how long until all are free.
    pub fn rest(&self, bucket: &Bucket, now: Instant) -> (u32, std::time::Duration) {
        let full_in = self.full_at.saturating_duration_since(now);
        let taken = full_in.as_micros().div_ceil(u128::from(bucket.interval_us.unsigned_abs()));
        let free = bucket.quota.saturating_sub(u32::try_from(taken).unwrap_or(u32::MAX));
        (free.saturating_add(self.usable(bucket, now)).min(bucket.quota), full_in)
    }

    /// The last units that were taken are free again at `full_at`, each an interval before the next; whoever else took some since has
    /// moved the shared moment and not this one.
    fn usable(&self, bucket: &Bucket, now: Instant) -> u32 {
        let ahead = self.full_at.saturating_duration_since(now).as_micros() / u128::from(bucket.interval_us.unsigned_abs());
        self.left.min(u32::try_from(ahead).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn bucket() -> Bucket {
        Bucket { key: "k".into(), quota: 600, interval_us: 100_000 }
    }

    #[test]
    fn what_is_held_is_used_up_by_time_as_well() {
        let (bucket, now) = (bucket(), Instant::now());
        let mut share = Share { left: 0, full_at: now, refused_until: None };
        assert_eq!(share.spend(&bucket, now), Word::Ask);
        assert_eq!(share.learn(&bucket, now, Taken { units: 30, full_in: Duration::from_secs(3) }), Word::Yes);
        assert_eq!(share.rest(&bucket, now).0, 599);
        let later = now + Duration::from_millis(2_750);
        assert_eq!(
            [share.spend(&bucket, later), share.spend(&bucket, later), share.spend(&bucket, later)],
            [Word::Yes, Word::Yes, Word::Ask]
        );
    }

    #[test]
    fn a_refusal_is_remembered_until_a_unit_is_free() {
        let (bucket, now) = (bucket(), Instant::now());
        let mut share = Share { left: 0, full_at: now, refused_until: None };
        let free_at = now + Duration::from_millis(100);
        assert_eq!(share.learn(&bucket, now, Taken { units: 0, full_in: Duration::from_mins(1) }), Word::No(free_at));
        assert_eq!((share.spend(&bucket, now), share.spend(&bucket, free_at)), (Word::No(free_at), Word::Ask));
    }
}

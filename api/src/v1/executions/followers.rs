//! Who listens right now: a stream of lines is open as long as its caller likes, so this process counts them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::entities::id::UserId;

use crate::problem::{LIMITED, Problem};

/// A stream may end at any moment.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The streams of this process, by whose they are. Cheap to clone.
#[derive(Clone)]
pub struct Followers {
    by_caller: Arc<Mutex<HashMap<UserId, usize>>>,
    streams_max: usize,
    streams_of_caller_max: usize,
}

/// One stream. It is over when this is dropped.
pub struct Seat {
    followers: Followers,
    caller: UserId,
}

impl Followers {
    #[must_use]
    pub fn new(streams_max: usize, streams_of_caller_max: usize) -> Self {
        Self { by_caller: Arc::default(), streams_max, streams_of_caller_max }
    }

    /// # Errors
    /// 429 when the caller, or all callers together, listen to as many streams as they may.
    pub fn seat(&self, caller: UserId) -> Result<Seat, Problem> {
        let mut by_caller = self.by_caller();
        let full = |sentence: String| Problem::new(&LIMITED).because(sentence).retry_after(RETRY_AFTER);
        if by_caller.get(&caller).copied().unwrap_or(0) >= self.streams_of_caller_max {
            return Err(full(format!(
                "you follow {} executions at once, which is as many as one may; let one stream end first",
                self.streams_of_caller_max
            )));
        }
        if by_caller.values().sum::<usize>() >= self.streams_max {
            return Err(full("too many executions are followed here at the moment; read the lines page by page, or come back".into()));
        }
        *by_caller.entry(caller).or_default() += 1;
        Ok(Seat { followers: self.clone(), caller })
    }

    fn by_caller(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.by_caller.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut by_caller = self.followers.by_caller();
        if let Some(streams) = by_caller.get_mut(&self.caller) {
            *streams -= 1;
            if *streams == 0 {
                by_caller.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_seat_is_free_again_when_its_stream_is_over() {
        let (ann, ben, eve) = (UserId::from(Uuid::from_u128(1)), UserId::from(Uuid::from_u128(2)), UserId::from(Uuid::from_u128(3)));
        let followers = Followers::new(3, 2);
        let first = followers.seat(ann).ok();
        let others = [followers.seat(ann).ok(), followers.seat(ben).ok()];
        assert!(first.is_some() && others.iter().all(Option::is_some));
        let detail = |refused: Result<Seat, Problem>| refused.err().map(|problem| problem.to_string()).unwrap_or_default();
        assert!(detail(followers.seat(ann)).contains("you follow 2"));
        assert!(detail(followers.seat(eve)).contains("followed here"));
        drop(first);
        assert!(followers.seat(eve).is_ok());
        drop(others);
        assert!(followers.by_caller().is_empty(), "nobody is remembered who is gone");
    }
}

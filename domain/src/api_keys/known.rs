//! What this process remembers of keys: whose they are, which never changes, and which of them were used lately.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use entities::Timestamp;
use entities::id::{ApiKeyId, UserId};
use tokio::sync::OnceCell;

use super::Scopes;
use crate::keyring::Key;

/// More keys than this are not remembered at once.
const KEYS_MAX: usize = 10_000;

/// Whose a key is. Whether it is still good is asked elsewhere, with every request.
#[derive(Debug, Clone, Copy)]
pub struct Owned {
    pub id: ApiKeyId,
    pub user_id: UserId,
    pub scopes: Scopes,
}

/// What this process remembers of keys.
#[derive(Clone, Default)]
pub struct Known {
    pub(super) pepper: Arc<OnceCell<Key>>,
    owners: Arc<Mutex<HashMap<String, Owned>>>,
    uses: Arc<Mutex<Uses>>,
}

#[derive(Default)]
struct Uses {
    /// When it was last noted that a key was used.
    noted: HashMap<ApiKeyId, Timestamp>,
    unwritten: Vec<ApiKeyId>,
}

impl Known {
    pub fn owner(&self, hash: &str) -> Option<Owned> {
        lock(&self.owners).get(hash).copied()
    }

    pub fn keep(&self, hash: String, owner: Owned) {
        let mut owners = lock(&self.owners);
        if owners.len() >= KEYS_MAX {
            owners.clear();
        }
        owners.insert(hash, owner);
    }

    /// Remember that the key was used, unless that was done less than `again` ago.
    pub fn used(&self, id: ApiKeyId, now: Timestamp, again: Duration) {
        let mut uses = lock(&self.uses);
        if uses.noted.get(&id).is_some_and(|noted| now >= *noted && now.since(*noted) < again) {
            return;
        }
        if uses.noted.len() >= KEYS_MAX {
            uses.noted.retain(|_, noted| now.since(*noted) < again);
        }
        uses.noted.insert(id, now);
        uses.unwritten.push(id);
    }

    /// What is to be written down.
    pub fn take_uses(&self) -> Vec<ApiKeyId> {
        std::mem::take(&mut lock(&self.uses).unwritten)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

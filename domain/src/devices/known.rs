//! What this process remembers of devices: their keys, which never change. Whether they still count is asked with every request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use entities::id::DeviceLinkId;

use super::DeviceKey;

/// More devices than this are not remembered at once.
const DEVICES_MAX: usize = 10_000;

#[derive(Clone, Default)]
pub struct Known(Arc<Mutex<HashMap<DeviceLinkId, DeviceKey>>>);

impl Known {
    pub fn key(&self, id: DeviceLinkId) -> Option<DeviceKey> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied()
    }

    pub fn keep(&self, id: DeviceLinkId, key: DeviceKey) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= DEVICES_MAX {
            keys.clear();
        }
        keys.insert(id, key);
    }
}

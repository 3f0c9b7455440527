//! One queue of another service, and the kinds that may come through it.

use super::settings::SettingsError;
use crate::kinds::JobKind;

/// One queue and its allow list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// The queue's name in the `Config` of `apalis-redis`: the beginning of all its keys.
    pub queue: String,
    pub kinds: Vec<JobKind>,
}

impl Door {
    /// The kinds that another service may ask for. A new kind is closed until it is named here, and what moves money or opens keys never is.
    /// A run is asked for at the API, which has its price, its right and its input checked.
    pub const OPEN: [JobKind; 1] = [JobKind::Probe];

    /// Read `name` or `name=kind|kind`.
    pub fn read(written: &str) -> Result<Self, SettingsError> {
        let (queue, kinds) = written.split_once('=').map_or((written, None), |(queue, kinds)| (queue, Some(kinds)));
        let unreadable = || SettingsError::Unreadable { given: written.to_owned() };
        if queue.is_empty() || queue.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(unreadable());
        }
        let Some(kinds) = kinds else { return Ok(Self { queue: queue.to_owned(), kinds: Self::OPEN.to_vec() }) };
        let kind = |name: &str| match JobKind::named(name) {
            Some(kind) if Self::OPEN.contains(&kind) => Ok(kind),
            Some(kind) => Err(SettingsError::ClosedKind { queue: queue.to_owned(), kind }),
            None if name.is_empty() => Err(unreadable()),
            None => Err(SettingsError::UnknownKind { queue: queue.to_owned(), kind: name.to_owned() }),
        };
        Ok(Self { queue: queue.to_owned(), kinds: kinds.split('|').map(|name| kind(name.trim())).collect::<Result<_, _>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Pool;

    #[test]
    fn no_open_kind_touches_money_or_keys() {
        let closed = [Pool::Settlement, Pool::Keys, Pool::Vaults, Pool::Indexer, Pool::Upkeep];
        assert!(Door::OPEN.iter().all(|kind| !closed.contains(&kind.policy().pool)));
    }
}

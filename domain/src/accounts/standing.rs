//! How a user stands right now, remembered for a moment: it is asked with every request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use entities::device_link::State as LinkState;
use entities::id::{ApiKeyId, DeviceLinkId, SignInId, UserId};
use entities::user::{Role, State};
use entities::{Address, Timestamp, api_key, device_link, sign_in, user};
use sea_orm::EntityTrait as _;

use super::{AccountError, Accounts, Caller, Credential};
use crate::api_keys::ends_at;
use crate::context::Domain;

/// More users than this are not remembered at once.
const USERS_MAX: usize = 10_000;

/// What decides whether a user is let in.
#[derive(Debug, Clone, Copy)]
struct Standing {
    role: Role,
    state: State,
    wallet: Option<Address>,
    /// Of the sign-in, key or device that was asked about; a token from the shell has none.
    open_until: Option<Timestamp>,
    read_at: Timestamp,
}

/// What this process has read lately. What it changes itself it forgets at once; what others change, within
/// `sign_in.standing_ms_max`.
#[derive(Clone, Default)]
pub struct Standings(Arc<Mutex<Known>>);

type Known = HashMap<UserId, Vec<(Credential, Standing)>>;

impl Standings {
    /// The next request of the user asks the database.
    pub fn forget(&self, user_id: UserId) {
        self.known().remove(&user_id);
    }

    fn of(&self, user_id: UserId, credential: Credential, now: Timestamp, age_max: Duration) -> Option<Standing> {
        let known = self.known();
        let (_, standing) = known.get(&user_id)?.iter().find(|(shown, _)| *shown == credential)?;
        // A clock that was set back makes what is known neither young nor old: it is read again.
        let fresh = now >= standing.read_at && now.since(standing.read_at) < age_max;
        fresh.then_some(*standing)
    }

    fn keep(&self, user_id: UserId, credential: Credential, standing: Standing, age_max: Duration) {
        let mut known = self.known();
        if known.len() >= USERS_MAX && !known.contains_key(&user_id) {
            known.retain(|_, shown| shown.iter().any(|(_, old)| standing.read_at.since(old.read_at) < age_max));
            if known.len() >= USERS_MAX {
                known.clear();
            }
        }
        let shown = known.entry(user_id).or_default();
        shown.retain(|(other, old)| *other != credential && standing.read_at.since(old.read_at) < age_max);
        shown.push((credential, standing));
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Accounts<'_> {
    /// Whoever stands behind a credential that was found genuine. The rows decide, not the token: a changed role, a suspension and a
    /// sign-out count at once in this process, and in every other within `sign_in.standing_ms_max`.
    ///
    /// # Errors
    /// [`AccountError::Unknown`], [`AccountError::Suspended`], [`AccountError::SignedOut`].
    pub async fn caller(&self, user_id: UserId, credential: Credential) -> Result<Caller, AccountError> {
        let now = self.domain.now();
        let age_max = Duration::from_millis(self.domain.settings.sign_in.standing_ms_max.into());
        let standing = if let Some(standing) = self.domain.standings.of(user_id, credential, now, age_max) {
            standing
        } else {
            let standing = read(self.domain, user_id, credential, now).await?;
            self.domain.standings.keep(user_id, credential, standing, age_max);
            standing
        };
        if standing.state == State::Suspended {
            return Err(AccountError::Suspended { user: user_id });
        }
        if standing.open_until.is_some_and(|end| end <= now) {
            return Err(AccountError::SignedOut);
        }
        Ok(Caller { user_id, role: credential.role(standing.role), wallet: standing.wallet, credential })
    }
}

async fn read(domain: &Domain, user_id: UserId, credential: Credential, now: Timestamp) -> Result<Standing, AccountError> {
    let db = domain.db.connection();
    let user = user::Entity::find_by_id(user_id).one(db).await?.ok_or(AccountError::Unknown { user: user_id })?;
    let open_until = match credential {
        Credential::Issued => None,
        Credential::SignIn(id) => Some(end_of(domain, user_id, id).await?),
        Credential::Key(id, _) => end_of_key(domain, user_id, id).await?,
        Credential::Device(id, _) => refuse_unlinked(domain, user_id, id).await.map(|()| None)?,
    };
    Ok(Standing { role: user.role, state: user.state, wallet: user.wallet_address, open_until, read_at: now })
}

/// When the sign-in ends or has ended.
async fn end_of(domain: &Domain, user_id: UserId, id: SignInId) -> Result<Timestamp, AccountError> {
    let row = sign_in::Entity::find_by_id(id).one(domain.db.connection()).await?;
    let row = row.filter(|row| row.user_id == user_id).ok_or(AccountError::SignedOut)?;
    Ok(row.closed_at.map_or(row.expires_at, |closed| closed.min(row.expires_at)))
}

/// When the key ends or has ended; `None` when it does not by itself.
async fn end_of_key(domain: &Domain, user_id: UserId, id: ApiKeyId) -> Result<Option<Timestamp>, AccountError> {
    let row = api_key::Entity::find_by_id(id).one(domain.db.connection()).await?;
    let row = row.filter(|row| row.user_id == user_id).ok_or(AccountError::SignedOut)?;
    Ok(ends_at(&row))
}

/// A device counts until somebody parts with it.
async fn refuse_unlinked(domain: &Domain, user_id: UserId, id: DeviceLinkId) -> Result<(), AccountError> {
    let row = device_link::Entity::find_by_id(id).one(domain.db.connection()).await?;
    let linked = row.is_some_and(|row| row.user_id == Some(user_id) && row.state == LinkState::Linked);
    if linked { Ok(()) } else { Err(AccountError::SignedOut) }
}

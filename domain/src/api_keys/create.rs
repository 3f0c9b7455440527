//! New keys. Their text leaves once and is kept nowhere.

use entities::Timestamp;
use entities::api_key::{self, Holder};
use entities::user::Role;
use platform::Txn;
use sea_orm::{EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _};

use super::end::live;
use super::hash::{Minted, PEPPER};
use super::{ApiKey, ApiKeyError, ApiKeys, KeySecret, Scope, Scopes};
use crate::accounts::Caller;
use crate::fault::FieldError;
use crate::idempotency::{self, Claim, Once};
use crate::line;

const NAME_CHARS_MAX: usize = 50;

/// What a key is to be.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// 1 … 50 characters.
    pub name: String,
    pub holder: Holder,
    pub scopes: Scopes,
    /// `None` does not end by itself.
    pub expires_at: Option<Timestamp>,
}

/// A key, with its text if this is the first time that it is told.
#[derive(Debug, Clone)]
pub struct Issued {
    pub key: ApiKey,
    pub secret: Option<KeySecret>,
}

impl ApiKeys<'_> {
    /// Make a key. A repetition under its idempotency key shows the key without its text.
    ///
    /// # Errors
    /// [`ApiKeyError::Fields`], [`ApiKeyError::TooMany`].
    pub async fn create(&self, caller: &Caller, new: NewApiKey, claim: Option<&Claim>) -> Result<Once<Issued>, ApiKeyError> {
        if let Some(earlier) = idempotency::earlier(&self.domain.db, claim).await? {
            return Ok(again(earlier));
        }
        self.check(caller, &new)?;
        self.once(caller, claim, async |txn, minted| {
            self.refuse_too_many(txn, caller).await?;
            self.insert(txn, caller, new, minted).await
        })
        .await
    }

    /// Do it once under its key, for one user at a time; what is kept is the key without its text.
    pub(super) async fn once(
        &self,
        caller: &Caller,
        claim: Option<&Claim>,
        make: impl AsyncFnOnce(&Txn, Minted) -> Result<Issued, ApiKeyError>,
    ) -> Result<Once<Issued>, ApiKeyError> {
        let minted = self.mint().await?;
        let txn = idempotency::open(self.domain, claim).await?;
        if let Some(earlier) = idempotency::claim(self.domain, &txn, claim).await? {
            return Ok(again(earlier));
        }
        // Two that come at the same moment count one after the other: the user's row is the turn.
        self.domain.accounts().touch(&txn, caller.user_id).await?;
        let issued = make(&txn, minted).await?;
        idempotency::keep(&txn, claim, &issued.key).await?;
        txn.commit().await?;
        Ok(Once::First(issued))
    }

    fn check(self, caller: &Caller, new: &NewApiKey) -> Result<(), ApiKeyError> {
        let mut wrong = Vec::new();
        let mut refuse = |pointer: &str, detail: String| wrong.push(FieldError { pointer: pointer.into(), detail });
        if let Some(fault) = line::fault_of(&new.name, NAME_CHARS_MAX) {
            refuse("/name", fault);
        }
        if new.scopes.is_empty() {
            refuse("/scopes", "must name at least one scope".into());
        }
        for (scope, may) in [(Scope::OpsRead, caller.may_observe()), (Scope::OpsWrite, caller.role == Role::Architect)] {
            if new.scopes.has(scope) && !may {
                refuse("/scopes", format!("you may not do yourself what `{}` stands for", scope.name()));
            }
        }
        if new.expires_at.is_some_and(|end| end <= self.domain.now()) {
            refuse("/expires_at", "must lie in the future".into());
        }
        if wrong.is_empty() { Ok(()) } else { Err(ApiKeyError::Fields(wrong)) }
    }

    /// There has to be room for one key more.
    pub(super) async fn refuse_too_many(&self, txn: &Txn, caller: &Caller) -> Result<(), ApiKeyError> {
        let max = self.domain.settings.api_keys.live_keys_max;
        let live = api_key::Entity::find().filter(live(caller.user_id, self.domain.now())).count(&**txn).await?;
        if live >= u64::from(max) { Err(ApiKeyError::TooMany { max }) } else { Ok(()) }
    }

    pub(super) async fn insert(&self, txn: &Txn, caller: &Caller, new: NewApiKey, minted: Minted) -> Result<Issued, ApiKeyError> {
        let Minted { secret, hash } = minted;
        let row = api_key::Model {
            id: self.domain.queue.ids().next(),
            user_id: caller.user_id,
            holder: new.holder,
            name: new.name,
            prefix: secret.hint().to_owned(),
            hash,
            pepper_version: i32::try_from(PEPPER).unwrap_or(i32::MAX),
            scopes: new.scopes.to_string(),
            created_at: self.domain.now(),
            expires_at: new.expires_at,
            last_used_at: None,
            revoked_at: None,
            replaced_at: None,
        };
        api_key::Entity::insert(row.clone().into_active_model()).exec_without_returning(&**txn).await?;
        tracing::info!(api_key.id = %row.id, user.id = %row.user_id, scopes = row.scopes, "made a key");
        Ok(Issued { key: row.into(), secret: Some(secret) })
    }
}

/// What is told of a key that was made before.
pub(super) fn again(key: ApiKey) -> Once<Issued> {
    Once::Again(Issued { key, secret: None })
}

//! What a person says to a device that asks.

use entities::Amount;
use entities::device_link::{self, State};
use entities::id::DeviceLinkId;
use platform::Txn;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};

use super::{DeviceError, DeviceLink, Devices, UserCode};
use crate::accounts::Caller;
use crate::idempotency::{self, Claim};
use crate::profiles::{Draft, Profile, find};

/// A yes, and what comes with it.
#[derive(Debug, Clone, Default)]
pub struct Approval {
    /// The pairing that was looked at; another one with the same code is not meant. `None` means whichever waits.
    pub shown: Option<DeviceLinkId>,
    /// What the caller's profile is to say from now on.
    pub profile: Option<Draft>,
}

impl Devices<'_> {
    /// The device that waits with this code.
    ///
    /// # Errors
    /// [`DeviceError::Code`] when none does.
    pub async fn waiting(&self, code: &UserCode) -> Result<DeviceLink, DeviceError> {
        let found = device_link::Entity::find().filter(self.waits(code)).one(self.domain.db.connection()).await?;
        found.ok_or(DeviceError::Code)
    }

    /// Say yes: once it has proved its key, the device acts for the caller, by the name of the caller's profile. A profile that is not
    /// there is made of what the answer says, or of the name that the device gave itself.
    ///
    /// # Errors
    /// [`DeviceError::Code`], also when another pairing waits than the one that was shown; [`DeviceError::TooMany`], [`DeviceError::Profile`].
    pub async fn approve(
        &self,
        caller: &Caller,
        code: &UserCode,
        Approval { shown, profile: draft }: Approval,
        claim: Option<&Claim>,
    ) -> Result<DeviceLink, DeviceError> {
        if let Some(earlier) = idempotency::earlier::<DeviceLinkId>(&self.domain.db, claim).await? {
            return self.find(earlier).await;
        }
        let waiting = self.waiting(code).await?;
        if shown.is_some_and(|shown| shown != waiting.id) {
            return Err(DeviceError::Code);
        }
        if let Some(draft) = &draft {
            draft.check(waiting.kind)?;
        }
        let txn = idempotency::open(self.domain, claim).await?;
        if let Some(earlier) = idempotency::claim::<DeviceLinkId>(self.domain, &txn, claim).await? {
            drop(txn);
            return self.find(earlier).await;
        }
        self.refuse_too_many(&txn, caller).await?;
        let profile = self.profile(&txn, caller, &waiting, draft).await?;
        let approved = device_link::Entity::update_many()
            .col_expr(device_link::Column::State, Expr::value(State::Approved))
            .col_expr(device_link::Column::UserId, Expr::value(caller.user_id))
            .col_expr(device_link::Column::ProfileId, Expr::value(profile.id))
            .col_expr(device_link::Column::Name, Expr::value(profile.name))
            .filter(self.waits(code).add(device_link::Column::Id.eq(waiting.id)))
            .exec(&*txn)
            .await?;
        if approved.rows_affected == 0 {
            return Err(DeviceError::Code);
        }
        idempotency::keep(&txn, claim, &waiting.id).await?;
        txn.commit().await?;
        tracing::info!(device_link.id = %waiting.id, user.id = %caller.user_id, "said yes to a device");
        self.find(waiting.id).await
    }

    /// Say no.
    ///
    /// # Errors
    /// [`DeviceError::Code`] when no device waits with this code.
    pub async fn deny(&self, code: &UserCode, claim: Option<&Claim>) -> Result<(), DeviceError> {
        if idempotency::earlier::<bool>(&self.domain.db, claim).await?.is_some() {
            return Ok(());
        }
        let txn = idempotency::open(self.domain, claim).await?;
        if idempotency::claim::<bool>(self.domain, &txn, claim).await?.is_some() {
            return Ok(());
        }
        let denied = device_link::Entity::update_many()
            .col_expr(device_link::Column::State, Expr::value(State::Denied))
            .filter(self.waits(code))
            .exec(&*txn)
            .await?;
        if denied.rows_affected == 0 {
            return Err(DeviceError::Code);
        }
        idempotency::keep(&txn, claim, &true).await?;
        txn.commit().await?;
        Ok(())
    }

    fn waits(self, code: &UserCode) -> Condition {
        Condition::all()
            .add(device_link::Column::UserCodeHash.eq(code.hash()))
            .add(device_link::Column::State.eq(State::Pending))
            .add(device_link::Column::ExpiresAt.gt(self.domain.now()))
    }

    async fn profile(&self, txn: &Txn, caller: &Caller, waiting: &DeviceLink, draft: Option<Draft>) -> Result<Profile, DeviceError> {
        let there = find(&**txn, caller.user_id, waiting.kind).await?;
        let draft = match (there, draft) {
            (Some(profile), None) => return Ok(profile),
            (_, Some(draft)) => draft,
            (None, None) => Draft {
                name: waiting.name.clone(),
                description: None,
                service_type: None,
                gateway_url: None,
                withdrawal_address: None,
                base_price_atomic: Amount::ZERO,
            },
        };
        Ok(self.domain.profiles().put(txn, caller.user_id, waiting.kind, draft).await?)
    }

    async fn refuse_too_many(&self, txn: &Txn, caller: &Caller) -> Result<(), DeviceError> {
        self.domain.accounts().touch(txn, caller.user_id).await?;
        let max = self.domain.settings.devices.links_max;
        // A yes that its device never came back for counts as long as it may come.
        let awaited = device_link::Column::State.eq(State::Approved).and(device_link::Column::ExpiresAt.gt(self.domain.now()));
        let live = Condition::all()
            .add(device_link::Column::UserId.eq(caller.user_id))
            .add(device_link::Column::State.eq(State::Linked).or(awaited));
        if device_link::Entity::find().filter(live).count(&**txn).await? >= u64::from(max) {
            Err(DeviceError::TooMany { max })
        } else {
            Ok(())
        }
    }
}

//! A device asks what became of its wish (RFC 8628 § 3.4, 3.5), and proves its key when the answer is yes.

use std::time::Duration;

use entities::device_link::{self, State};
use entities::id::UserId;
use platform::Txn;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};

use super::{DeviceError, DeviceLink, Devices};
use crate::sign_in::hash;
use crate::siws::{Signature, verify};
use crate::sql::turn;

/// How much longer a device waits each time that it asked too soon (RFC 8628 § 3.5).
const SLOWER: Duration = Duration::from_secs(5);

/// What the device signs to prove its key to one server: whoever passes it on to another proves nothing there. The authority is that of
/// the URL at which the device reaches the server ([`Site::authority`](crate::siws::Site::authority)).
#[must_use]
pub fn proof_text(authority: &str, device_code: &str) -> String {
    format!("tallyman device link\n{authority}\n{device_code}")
}

impl Devices<'_> {
    /// The device, once it is linked. Asking again after that answers the same, until the pairing's time is over.
    ///
    /// # Errors
    /// [`DeviceError::Pending`], [`DeviceError::SlowDown`], [`DeviceError::Denied`], [`DeviceError::Expired`], [`DeviceError::Grant`]
    /// for a code that is none of ours, [`DeviceError::Proof`] for a proof that is none.
    pub async fn poll(&self, device_code: &str, proof: &Signature) -> Result<DeviceLink, DeviceError> {
        let asked = device_link::Entity::find().filter(device_link::Column::DeviceCodeHash.eq(hash(device_code)));
        // Whoever has no code of ours, or not its key, costs no transaction.
        let row = asked.clone().one(self.domain.db.connection()).await?.ok_or(DeviceError::Grant)?;
        let site = &self.domain.settings.site;
        let is_for = |server: &String| verify(&row.public_key, proof_text(server, device_code).as_bytes(), proof).is_ok();
        if !site.authorities().iter().any(is_for) {
            return Err(DeviceError::Proof { server: site.authority() });
        }
        let txn = self.domain.db.write().await?;
        let row = asked.lock_exclusive().one(&*txn).await?.ok_or(DeviceError::Grant)?;
        let now = self.domain.now();
        if row.expires_at <= now {
            return Err(DeviceError::Expired);
        }
        let wait = Duration::from_millis(u64::try_from(row.poll_ms).unwrap_or_default());
        if row.polled_at.is_some_and(|asked| now.since(asked) < wait) {
            let longer = wait + SLOWER;
            note(&txn, &row, now, longer).await?;
            txn.commit().await?;
            return Err(DeviceError::SlowDown { seconds: longer.as_secs() });
        }
        note(&txn, &row, now, wait).await?;
        let answer = match (row.state, row.user_id) {
            (State::Pending, _) | (State::Approved | State::Linked, None) => Err(DeviceError::Pending),
            (State::Denied | State::Revoked, _) => Err(DeviceError::Denied),
            (State::Linked, Some(_)) => Ok(None),
            (State::Approved, Some(user_id)) => Ok(Some(user_id)),
        };
        let before = match answer {
            Ok(Some(user_id)) => self.link(&txn, &row, user_id).await?,
            Ok(None) => Vec::new(),
            Err(not_yet) => {
                txn.commit().await?;
                return Err(not_yet);
            }
        };
        txn.commit().await?;
        for user_id in before {
            self.domain.standings.forget(user_id);
        }
        self.find(row.id).await
    }

    /// The key speaks for this user from now on, and for nobody whom it spoke for before. Answers who those were.
    async fn link(&self, txn: &Txn, row: &DeviceLink, user_id: UserId) -> Result<Vec<UserId>, DeviceError> {
        // Two pairings of one key are linked one after the other, and the later one stays.
        turn(txn, &format!("device key {}", row.public_key)).await?;
        let earlier = device_link::Entity::find()
            .filter(device_link::Column::PublicKey.eq(row.public_key))
            .filter(device_link::Column::State.eq(State::Linked));
        let earlier = earlier.all(&**txn).await?;
        let now = self.domain.now();
        device_link::Entity::update_many()
            .col_expr(device_link::Column::State, Expr::value(State::Revoked))
            .col_expr(device_link::Column::RevokedAt, Expr::value(now))
            .filter(device_link::Column::Id.is_in(earlier.iter().map(|link| link.id)))
            .exec(&**txn)
            .await?;
        device_link::Entity::update_many()
            .col_expr(device_link::Column::State, Expr::value(State::Linked))
            .col_expr(device_link::Column::LinkedAt, Expr::value(now))
            .filter(device_link::Column::Id.eq(row.id))
            .exec(&**txn)
            .await?;
        tracing::info!(device_link.id = %row.id, user.id = %user_id, "linked a device");
        Ok(earlier.iter().filter_map(|link| link.user_id).collect())
    }
}

async fn note(txn: &Txn, row: &DeviceLink, now: entities::Timestamp, wait: Duration) -> Result<(), DeviceError> {
    device_link::Entity::update_many()
        .col_expr(device_link::Column::PolledAt, Expr::value(now))
        .col_expr(device_link::Column::PollMs, Expr::value(i32::try_from(wait.as_millis()).unwrap_or(i32::MAX)))
        .filter(device_link::Column::Id.eq(row.id))
        .exec(&**txn)
        .await?;
    Ok(())
}

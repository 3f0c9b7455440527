//! Agents pay vendors, at once. Payments that arrive together commit together: `batch.rs` gathers them, `group.rs` decides and writes a whole group with
//! a handful of statements, and what one payment is refused for never touches its neighbours. `docs/payments.md` tells it to people.

mod batch;
mod bonds;
mod error;
mod group;
mod history;
mod limits;
mod parties;
mod pay;
mod reconcile;
mod settings;
mod spending;
mod stats;
mod tell;

use entities::id::ProfileId;
use entities::profile::Kind;

pub(crate) use batch::Desk;
pub use bonds::{Bonded, Unbonding};
pub use error::PayError;
pub(crate) use group::keep_spending;
pub use history::{AgentBalance, AgentTransaction, VendorBalance};
pub use limits::{LimitsDraft, SpendingLimits};
pub(crate) use parties::Parties;
pub use pay::{PayRequest, Payment};
pub use settings::Settings;
pub(crate) use spending::day_of;
pub use stats::VendorStats;
pub(crate) use tell::{GROUP_TOPIC, group_event, tell};

use crate::accounts::Caller;
use crate::context::Domain;
use crate::profiles;

/// What agents pay, and vendors earn.
#[derive(Clone, Copy)]
pub struct Payments<'a> {
    pub(crate) domain: &'a Domain,
}

impl Domain {
    /// What agents pay, and vendors earn.
    #[must_use]
    pub fn payments(&self) -> Payments<'_> {
        Payments { domain: self }
    }
}

impl Payments<'_> {
    /// The caller's profile of that kind. It never changes, so it is asked for once.
    pub(crate) async fn own_profile(&self, caller: &Caller, kind: Kind) -> Result<ProfileId, PayError> {
        self.profile(caller, kind).await?.ok_or(PayError::NoProfile { kind })
    }

    /// The same, for those who only look: without a profile there is nothing to see.
    pub(crate) async fn profile(&self, caller: &Caller, kind: Kind) -> Result<Option<ProfileId>, PayError> {
        let user_id = caller.user_id;
        if let Some(known) = self.domain.payments_desk.profile(user_id, kind) {
            return Ok(Some(known));
        }
        let found = profiles::find(self.domain.db.connection(), user_id, kind).await?;
        if let Some(profile) = &found {
            self.domain.payments_desk.keep_profile(user_id, kind, profile.id);
        }
        Ok(found.map(|profile| profile.id))
    }
}

//! Do chain and books agree? Each custody account is held against what the house owes, for each mint, and where a difference has no reason nothing of that mint
//! is paid out until it has one. `docs/deposits.md` tells it to people.

mod check;
mod figures;
mod verdict;

use entities::Address;
use entities::custody_check;
pub use entities::custody_check::Model as CustodyCheck;
use sea_orm::{DbErr, EntityTrait as _, QueryOrder as _};

pub use figures::Figures;
pub use verdict::{Seen, Verdict, judge};

use crate::context::Domain;

/// Whether chain and books agree.
#[derive(Clone, Copy)]
pub struct Reconciliation<'a> {
    pub(crate) domain: &'a Domain,
}

impl Domain {
    /// Whether chain and books agree.
    #[must_use]
    pub fn reconciliation(&self) -> Reconciliation<'_> {
        Reconciliation { domain: self }
    }
}

impl Reconciliation<'_> {
    /// What was found of each mint the last time.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn list(&self) -> Result<Vec<CustodyCheck>, DbErr> {
        custody_check::Entity::find().order_by_asc(custody_check::Column::Mint).all(self.domain.db.connection()).await
    }

    /// Whether nothing of this mint may be paid out. Ask before anything is signed.
    ///
    /// # Errors
    /// When the database refuses; pay nothing then.
    pub async fn is_stopped(&self, mint: Address) -> Result<bool, DbErr> {
        Ok(self.of(mint).await?.is_some_and(|check| check.stopped))
    }

    pub(super) async fn of(&self, mint: Address) -> Result<Option<CustodyCheck>, DbErr> {
        custody_check::Entity::find_by_id(mint).one(self.domain.db.connection()).await
    }
}

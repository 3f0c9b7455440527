//! What agents and vendors say about themselves. A user has one profile of each sort at most.

mod error;
mod save;

use entities::id::UserId;
use entities::profile;
pub use entities::profile::{Kind, Model as Profile};
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _};

pub use error::ProfileError;
pub use save::Draft;

use crate::accounts::Caller;
use crate::context::Domain;

/// The profiles of the market.
#[derive(Clone, Copy)]
pub struct Profiles<'a> {
    pub(crate) domain: &'a Domain,
}

impl Domain {
    /// What agents and vendors say about themselves.
    #[must_use]
    pub fn profiles(&self) -> Profiles<'_> {
        Profiles { domain: self }
    }
}

impl Profiles<'_> {
    /// The caller's profiles, agents first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn own(&self, caller: &Caller) -> Result<Vec<Profile>, ProfileError> {
        let own = of_user(caller.user_id).order_by_asc(profile::Column::Kind);
        Ok(own.all(self.domain.db.connection()).await?)
    }

    /// The caller's profile of that sort.
    ///
    /// # Errors
    /// [`ProfileError::Missing`] when there is none.
    pub async fn get(&self, caller: &Caller, kind: Kind) -> Result<Profile, ProfileError> {
        let found = find(self.domain.db.connection(), caller.user_id, kind).await?;
        found.ok_or(ProfileError::Missing { kind })
    }
}

pub(crate) async fn find(db: &impl sea_orm::ConnectionTrait, user_id: UserId, kind: Kind) -> Result<Option<Profile>, DbErr> {
    of_user(user_id).filter(profile::Column::Kind.eq(kind)).one(db).await
}

/// Whose profile it is.
pub(crate) async fn owner(db: &impl sea_orm::ConnectionTrait, id: entities::id::ProfileId) -> Result<Option<UserId>, DbErr> {
    Ok(profile::Entity::find_by_id(id).one(db).await?.map(|profile| profile.user_id))
}

fn of_user(user_id: UserId) -> sea_orm::Select<profile::Entity> {
    profile::Entity::find().filter(profile::Column::UserId.eq(user_id))
}

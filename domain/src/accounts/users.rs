//! Users: made, found, refused.

use entities::Timestamp;
use entities::id::UserId;
use entities::user::{self, Role, State};
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait as _, IntoActiveModel as _};

use super::{AccountError, Accounts, User};

impl Accounts<'_> {
    /// The user of that id, made with that role if there is none.
    ///
    /// # Errors
    /// [`AccountError::Suspended`] when nobody may act as the user, [`AccountError::OtherRole`] when the user is there with another role.
    pub async fn issue(&self, role: Role, user_id: Option<UserId>) -> Result<User, AccountError> {
        let id = user_id.unwrap_or_else(|| self.domain.queue.ids().next());
        let new = new_user(id, role, self.domain.now());
        let txn = self.domain.db.write().await?;
        let unless_there = OnConflict::column(user::Column::Id).do_nothing().to_owned();
        user::Entity::insert(new.into_active_model()).on_conflict(unless_there).exec_without_returning(&*txn).await?;
        txn.commit().await?;
        let user = self.find(id).await?;
        admit(&user)?;
        if user.role != role {
            return Err(AccountError::OtherRole { user: id, has: user.role, asked: role });
        }
        Ok(user)
    }

    /// # Errors
    /// [`AccountError::Unknown`] when there is no such user.
    pub async fn find(&self, user_id: UserId) -> Result<User, AccountError> {
        let found = user::Entity::find_by_id(user_id).one(self.domain.db.connection()).await?;
        found.ok_or(AccountError::Unknown { user: user_id })
    }
}

/// Somebody of whom nothing else is known yet.
pub(crate) fn new_user(id: UserId, role: Role, created_at: Timestamp) -> User {
    User { id, role, state: State::Active, name: None, wallet_address: None, email: None, mail_preferences: None, created_at }
}

/// # Errors
/// [`AccountError::Suspended`].
pub(crate) fn admit(user: &User) -> Result<(), AccountError> {
    match user.state {
        State::Active => Ok(()),
        State::Suspended => Err(AccountError::Suspended { user: user.id }),
    }
}

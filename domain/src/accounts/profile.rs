//! What users say about themselves.

use entities::user::{self, MailPreferences};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::{AccountError, Accounts, Caller, User};
use crate::fault::FieldError;
use crate::line;

const NAME_CHARS_MAX: usize = 100;

/// All that a user may change of their own.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    /// 1 … 100 characters; `None` has none.
    pub name: Option<String>,
    pub mail_preferences: MailPreferences,
}

impl Accounts<'_> {
    /// Replace what the caller says about themselves.
    ///
    /// # Errors
    /// [`AccountError::Profile`] when the name cannot be shown.
    pub async fn change(&self, caller: &Caller, profile: Profile) -> Result<User, AccountError> {
        if let Some(wrong) = profile.name.as_deref().and_then(|name| line::fault_of(name, NAME_CHARS_MAX)) {
            return Err(AccountError::Profile(vec![FieldError { pointer: "/name".into(), detail: wrong }]));
        }
        let changes = user::ActiveModel {
            name: Set(profile.name),
            mail_preferences: Set(Some(profile.mail_preferences)),
            ..user::ActiveModel::default()
        };
        let txn = self.domain.db.write().await?;
        user::Entity::update_many().set(changes).filter(user::Column::Id.eq(caller.user_id)).exec(&*txn).await?;
        txn.commit().await?;
        self.find(caller.user_id).await
    }
}

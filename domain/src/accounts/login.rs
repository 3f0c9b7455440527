//! The first architect, and links that let somebody in once.

use std::time::Duration;

use entities::id::UserId;
use entities::user::{self, Role};
use entities::{Timestamp, login_link};
use platform::Txn;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, IntoActiveModel as _, QueryFilter as _};

use super::users::{admit, new_user};
use super::{AccountError, Accounts, User};
use crate::sign_in::hash;
use crate::sql::{DAY_US, delete, turn};

/// Lets its holder in once. Only its hash is stored; it stands in a URL's fragment and nowhere else.
#[derive(Clone)]
pub struct LoginSecret {
    pub user_id: UserId,
    pub secret: String,
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for LoginSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginSecret").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

impl Accounts<'_> {
    /// On the first start, make the architect and a login secret. `None` when there is an architect already.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn bootstrap(&self) -> Result<Option<LoginSecret>, AccountError> {
        let txn = self.domain.db.write().await?;
        // Processes that start together make one architect.
        turn(&txn, "the first architect").await?;
        let known = user::Entity::find().filter(user::Column::Role.eq(Role::Architect)).one(&*txn).await?;
        if known.is_some() {
            return Ok(None);
        }
        let id = self.domain.queue.ids().next();
        let architect = user::Model { name: Some("architect".into()), ..new_user(id, Role::Architect, self.domain.now()) };
        user::Entity::insert(architect.into_active_model()).exec_without_returning(&*txn).await?;
        let secret = self.new_link(&txn, id).await?;
        txn.commit().await?;
        Ok(Some(secret))
    }

    /// A login secret for a user who is there.
    ///
    /// # Errors
    /// [`AccountError::Unknown`] and [`AccountError::Suspended`].
    pub async fn login_link(&self, user_id: UserId) -> Result<LoginSecret, AccountError> {
        admit(&self.find(user_id).await?)?;
        let txn = self.domain.db.write().await?;
        let secret = self.new_link(&txn, user_id).await?;
        txn.commit().await?;
        Ok(secret)
    }

    /// Use a secret up in this transaction, for the first who brings it. Answers its user.
    pub(crate) async fn redeem(&self, txn: &Txn, secret: &str) -> Result<User, AccountError> {
        let (hash, now) = (hash(secret), self.domain.now());
        let redeemed = login_link::Entity::update_many()
            .col_expr(login_link::Column::UsedAt, Expr::value(now))
            .filter(login_link::Column::SecretHash.eq(&hash))
            .filter(login_link::Column::UsedAt.is_null())
            .filter(login_link::Column::ExpiresAt.gt(now))
            .exec(&**txn)
            .await?;
        if redeemed.rows_affected == 0 {
            return Err(AccountError::LoginLink);
        }
        let link = login_link::Entity::find_by_id(&hash).one(&**txn).await?.ok_or(AccountError::LoginLink)?;
        user::Entity::find_by_id(link.user_id).one(&**txn).await?.ok_or(AccountError::LoginLink)
    }

    /// Delete up to `rows_max` links that were used, or went out of date, long enough ago. Answers how many; repeat until none is left.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn prune_login_links(&self, rows_max: u32) -> Result<u64, DbErr> {
        let db = &self.domain.db;
        let sql = format!(
            "DELETE FROM login_links WHERE secret_hash IN (
                 SELECT secret_hash FROM login_links WHERE coalesce(used_at, expires_at) < {} - $1 LIMIT {rows_max})",
            db.engine().now_sql()
        );
        let kept_us = i64::from(self.domain.settings.keeping.login_links_days) * DAY_US;
        delete(db, sql, [kept_us.into()]).await
    }

    async fn new_link(&self, txn: &Txn, user_id: UserId) -> Result<LoginSecret, AccountError> {
        let mut bytes = [0; 32];
        self.domain.rng.fill(&mut bytes);
        let secret = hex::encode(bytes);
        let expires_at = self.domain.now().plus(Duration::from_secs(self.domain.settings.keeping.login_link_seconds.into()));
        let row = login_link::Model { secret_hash: hash(&secret), user_id, expires_at, used_at: None };
        login_link::Entity::insert(row.into_active_model()).exec_without_returning(&**txn).await?;
        Ok(LoginSecret { user_id, secret, expires_at })
    }
}

//! Signing out: here, or everywhere.

use entities::id::{SignInId, UserId};
use entities::sign_in;
use platform::Txn;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, Condition, DbErr, EntityTrait as _, QueryFilter as _};

use super::{SignInError, SignIns};
use crate::accounts::Caller;
use crate::context::Domain;

/// Why a sign-in is over before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    SignedOut,
    SignedOutEverywhere,
    RefreshTokenReused,
    Suspended,
}

impl Because {
    /// The word in the row.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::SignedOutEverywhere => "signed_out_everywhere",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::Suspended => "suspended",
        }
    }
}

impl SignIns<'_> {
    /// Close the sign-in that the caller came with.
    ///
    /// # Errors
    /// [`SignInError::NoSignIn`] for a token from the shell: nobody is told that it was closed while it goes on working.
    pub async fn close(&self, caller: &Caller) -> Result<(), SignInError> {
        let id = caller.sign_in().ok_or(SignInError::NoSignIn)?;
        self.close_where(caller.user_id, sign_in::Column::Id.eq(id), Because::SignedOut).await
    }

    /// Close every sign-in of the caller's. Answers how many.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn close_all(&self, caller: &Caller) -> Result<(), SignInError> {
        self.close_where(caller.user_id, sign_in::Column::UserId.eq(caller.user_id), Because::SignedOutEverywhere).await
    }

    async fn close_where(
        &self,
        user_id: UserId,
        which: impl sea_orm::sea_query::IntoCondition,
        because: Because,
    ) -> Result<(), SignInError> {
        let txn = self.domain.db.write().await?;
        close(self.domain, &txn, which.into_condition(), because).await?;
        txn.commit().await?;
        self.domain.standings.forget(user_id);
        Ok(())
    }
}

pub(super) async fn close_one(domain: &Domain, txn: &Txn, family: &sign_in::Model, because: Because) -> Result<(), DbErr> {
    let id: SignInId = family.id;
    close(domain, txn, Condition::all().add(sign_in::Column::Id.eq(id)), because).await
}

/// Close every sign-in of a user, in the transaction of what makes it necessary. Forget the user's standing after the commit.
pub(crate) async fn close_all_of(domain: &Domain, txn: &Txn, user_id: UserId, because: Because) -> Result<(), DbErr> {
    close(domain, txn, Condition::all().add(sign_in::Column::UserId.eq(user_id)), because).await
}

async fn close(domain: &Domain, txn: &Txn, which: Condition, because: Because) -> Result<(), DbErr> {
    sign_in::Entity::update_many()
        .col_expr(sign_in::Column::ClosedAt, Expr::value(domain.now()))
        .col_expr(sign_in::Column::ClosedBecause, Expr::value(because.name()))
        .filter(which.add(sign_in::Column::ClosedAt.is_null()))
        .exec(&**txn)
        .await?;
    Ok(())
}

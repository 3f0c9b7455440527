//! What users have proved to be theirs. Whoever proves it signs in as the user whose it is; nothing is ever joined because two things look
//! alike, only because one proof proves both.

use entities::EmailAddress;
use entities::id::{IdentityId, UserId};
use entities::user::{self, Role};
use entities::user_identity::{self, Kind};
use platform::Txn;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait as _, DbErr, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _,
    Select,
};

use super::users::new_user;
use super::{AccountError, Accounts, Caller, Identity, User};
use crate::sql::turn;

/// Something that somebody has just proved to be theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    pub kind: Kind,
    /// The wallet's address, the mail address in its one spelling, or Google's `sub`.
    pub subject: String,
    /// What Google says the mail address is.
    pub email: Option<String>,
    /// A mailbox that the same proof proves as well as a code that is sent to it.
    pub mailbox: Option<EmailAddress>,
}

impl Accounts<'_> {
    /// The user whose identity was proved. If it is nobody's yet, it becomes that of the user who has proved the mailbox that comes with it, or
    /// of one who is made now.
    pub(crate) async fn proved(&self, txn: &Txn, proof: &Proof) -> Result<User, AccountError> {
        if let Some(user) = owner(txn, proof).await? {
            return Ok(user);
        }
        let mailbox = proof.mailbox.as_ref().map(Proof::email);
        if take_turn(txn, proof).await?
            && let Some(user) = owner(txn, proof).await?
        {
            return Ok(user);
        }
        if let Some(mailbox) = &mailbox
            && let Some(user) = owner(txn, mailbox).await?
            && self.attach(txn, user.id, proof).await?.is_some()
        {
            return Ok(user);
        }
        let new = new_user(self.domain.queue.ids().next(), Role::Operator, self.domain.now());
        user::Entity::insert(new.clone().into_active_model()).exec_without_returning(&**txn).await?;
        if self.attach(txn, new.id, proof).await?.is_some() {
            if let Some(mailbox) = &mailbox {
                self.attach(txn, new.id, mailbox).await?;
            }
            return Ok(user::Entity::find_by_id(new.id).one(&**txn).await?.unwrap_or(new));
        }
        // Somebody else brought the same proof at the same moment, and was faster.
        user::Entity::delete_by_id(new.id).exec(&**txn).await?;
        owner(txn, proof).await?.ok_or(AccountError::IdentityTaken { kind: proof.kind })
    }

    /// Make what was proved one of the caller's identities.
    pub(crate) async fn link(&self, txn: &Txn, caller: &Caller, proof: &Proof) -> Result<Identity, AccountError> {
        take_turn(txn, proof).await?;
        if let Some(identity) = identity_of(proof).one(&**txn).await? {
            let own = identity.user_id == caller.user_id;
            return if own { Ok(identity) } else { Err(AccountError::IdentityTaken { kind: proof.kind }) };
        }
        let others = user_identity::Entity::find()
            .filter(user_identity::Column::UserId.eq(caller.user_id))
            .filter(user_identity::Column::Kind.eq(proof.kind));
        if others.one(&**txn).await?.is_some() {
            return Err(AccountError::IdentityKindTaken { kind: proof.kind });
        }
        self.attach(txn, caller.user_id, proof).await?.ok_or(AccountError::IdentityTaken { kind: proof.kind })
    }

    /// The caller's identities, oldest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn identities(&self, caller: &Caller) -> Result<Vec<Identity>, AccountError> {
        let own = user_identity::Entity::find().filter(user_identity::Column::UserId.eq(caller.user_id));
        Ok(own.order_by_asc(user_identity::Column::Id).all(self.domain.db.connection()).await?)
    }

    /// Part with an identity. Whoever proves it from then on is somebody new.
    ///
    /// # Errors
    /// [`AccountError::LastIdentity`] when there is no other way in.
    pub async fn unlink(&self, caller: &Caller, id: IdentityId) -> Result<(), AccountError> {
        let txn = self.domain.db.write().await?;
        // Whoever parts with two at once must not part with the last: the user's row is the turn.
        self.touch(&txn, caller.user_id).await?;
        let all = user_identity::Entity::find().filter(user_identity::Column::UserId.eq(caller.user_id)).all(&*txn).await?;
        let identity = all.iter().find(|identity| identity.id == id).ok_or(AccountError::NoIdentity { identity: id })?;
        if all.len() == 1 {
            return Err(AccountError::LastIdentity);
        }
        user_identity::Entity::delete_by_id(id).exec(&*txn).await?;
        self.show(&txn, caller.user_id, identity.kind, None).await?;
        txn.commit().await?;
        self.domain.standings.forget(caller.user_id);
        Ok(())
    }

    /// `None` when it is somebody's already.
    pub(super) async fn attach(&self, txn: &Txn, user_id: UserId, proof: &Proof) -> Result<Option<Identity>, AccountError> {
        let identity = Identity {
            id: self.domain.queue.ids().next(),
            user_id,
            kind: proof.kind,
            subject: proof.subject.clone(),
            email: proof.email.clone(),
            created_at: self.domain.now(),
        };
        let unless_taken = OnConflict::new().do_nothing().to_owned();
        let insert = user_identity::Entity::insert(identity.clone().into_active_model()).on_conflict(unless_taken);
        if insert.exec_without_returning(&**txn).await? == 0 {
            return Ok(None);
        }
        self.show(txn, user_id, proof.kind, Some(&proof.subject)).await?;
        Ok(Some(identity))
    }

    /// Keep the user's row in step with the identities.
    async fn show(&self, txn: &Txn, user_id: UserId, kind: Kind, subject: Option<&str>) -> Result<(), DbErr> {
        let column = match kind {
            Kind::Wallet => user::Column::WalletAddress,
            Kind::Email => user::Column::Email,
            Kind::Google => return Ok(()),
        };
        let shown = user::Entity::update_many().col_expr(column, Expr::value(subject.map(str::to_owned)));
        shown.filter(user::Column::Id.eq(user_id)).exec(&**txn).await?;
        Ok(())
    }

    /// Whoever touches the user's row next waits for the end of this transaction.
    pub(crate) async fn touch(&self, txn: &Txn, user_id: UserId) -> Result<(), DbErr> {
        let unchanged = user::Entity::update_many().col_expr(user::Column::State, Expr::col(user::Column::State));
        unchanged.filter(user::Column::Id.eq(user_id)).exec(&**txn).await?;
        Ok(())
    }
}

fn identity_of(proof: &Proof) -> Select<user_identity::Entity> {
    user_identity::Entity::find()
        .filter(user_identity::Column::Kind.eq(proof.kind))
        .filter(user_identity::Column::Subject.eq(&proof.subject))
}

async fn owner(txn: &Txn, proof: &Proof) -> Result<Option<User>, DbErr> {
    let of_it = identity_of(proof).select_only().column(user_identity::Column::UserId).into_query();
    user::Entity::find().filter(user::Column::Id.in_subquery(of_it)).one(&**txn).await
}

/// A code and a Google account may prove the same mailbox, and neither sees what the other has not committed: each takes its turn before it
/// looks whose the mailbox is. `false` when no mailbox is proved.
async fn take_turn(txn: &Txn, proof: &Proof) -> Result<bool, DbErr> {
    let mailbox = match (proof.kind, &proof.mailbox) {
        (Kind::Email, _) => proof.subject.clone(),
        (_, Some(mailbox)) => mailbox.to_string(),
        (_, None) => return Ok(false),
    };
    turn(txn, &format!("mailbox {mailbox}")).await?;
    Ok(true)
}

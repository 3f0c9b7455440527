//! Whose a deposit is: the memo's, or the wallet's that it came out of; and later, when it was nobody's.

use entities::id::{DepositId, ProfileId, UserId};
use entities::{deposit, profile, user};
use platform::Txn;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbErr, EntityTrait as _, QueryFilter as _};

use super::book::{Owner, count, tell, transfer};
use super::{Arrival, Attribution, Deposit, DepositError, DepositState, Deposits};
use crate::context::Domain;
use crate::ledger::{self, Account, AccountKind};
use crate::profiles::{self, Kind};
use crate::sql::statement;

/// Deposits of one job that found their owners later.
const KNOWN_MAX: u32 = 100;

impl Deposits<'_> {
    /// The memo is what the sender wrote on purpose; where there is none, the sender's own agent is meant.
    pub(super) async fn owner_of(&self, txn: &Txn, arrival: &Arrival) -> Result<Option<Owner>, DbErr> {
        if let Some(named) = arrival.memo.as_deref().and_then(|memo| memo.parse::<ProfileId>().ok())
            && let Some(agent) = profile::Entity::find_by_id(named).one(&**txn).await?
            && agent.kind == Kind::Agent
        {
            return Ok(Some(Owner { profile_id: agent.id, user_id: agent.user_id, attribution: Attribution::Memo }));
        }
        let Some(wallet) = arrival.source_owner else { return Ok(None) };
        let Some(user) = user::Entity::find().filter(user::Column::WalletAddress.eq(wallet)).one(&**txn).await? else { return Ok(None) };
        let agent = profiles::find(&**txn, user.id, Kind::Agent).await?;
        Ok(agent.map(|agent| Owner { profile_id: agent.id, user_id: user.id, attribution: Attribution::Wallet }))
    }

    /// Credit what was nobody's and came out of wallets whose users have agents by now. Answers how many.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn attribute_known(&self) -> Result<u32, DepositError> {
        let engine = self.domain.db.engine();
        let sql = format!(
            "SELECT d.id, p.id, p.user_id FROM deposits d JOIN users u ON u.wallet_address = d.source_owner
             JOIN profiles p ON p.user_id = u.id AND p.kind = 'agent' WHERE d.state = 'unattributed' ORDER BY d.id LIMIT {KNOWN_MAX}"
        );
        let mut credited = 0;
        for row in self.domain.db.query_all_raw(statement(engine, sql, [])).await? {
            let (id, profile_id, user_id): (DepositId, ProfileId, UserId) =
                (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            let txn = self.domain.db.write().await?;
            let done = credit(self.domain, &txn, id, Owner { profile_id, user_id, attribution: Attribution::Wallet }).await?;
            txn.commit().await?;
            credited += u32::from(done.is_some());
        }
        Ok(credited)
    }
}

/// Give a deposit that is nobody's to an agent, once. `None` when somebody has it already, or there is none.
pub(crate) async fn credit(domain: &Domain, txn: &Txn, id: DepositId, owner: Owner) -> Result<Option<Deposit>, DepositError> {
    let set = deposit::Entity::update_many()
        .col_expr(deposit::Column::State, Expr::value(DepositState::Credited))
        .col_expr(deposit::Column::ProfileId, Expr::value(owner.profile_id))
        .col_expr(deposit::Column::Attribution, Expr::value(owner.attribution))
        .col_expr(deposit::Column::CreditedAt, Expr::value(domain.now()));
    let set = set.filter(deposit::Column::Id.eq(id)).filter(deposit::Column::State.eq(DepositState::Unattributed)).exec(&**txn).await?;
    if set.rows_affected == 0 {
        return Ok(None);
    }
    let row = deposit::Entity::find_by_id(id).one(&**txn).await?.ok_or(DepositError::NotToUs)?;
    count(Some(owner));
    tell(domain, txn, &row, owner).await?;
    let (from, to) = (Account::of_house(AccountKind::Suspense, row.mint), Account::of(AccountKind::Agent, owner.profile_id, row.mint));
    for done in ledger::apply(domain, txn, &[transfer(domain.queue.ids().next(), from, to, &row)]).await? {
        done.map_err(ledger::LedgerError::Refused)?;
    }
    Ok(Some(row))
}

//! What an agent may spend, as its owner says.

use entities::id::ProfileId;
use entities::profile::{self, Kind};
use entities::spending_limit::{self, Vendors};
use entities::{Address, Amount};
use platform::Txn;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbErr, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::spending::day_of;
use super::{PayError, Payments};
use crate::accounts::Caller;
use crate::fault::FieldError;
use crate::ledger::{self, Account, AccountKind, wide, wide_sum};
use crate::sql::{DAY_US, statement};

const VENDORS_MAX: usize = 100;

/// What is to be the limit. What is absent has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitsDraft {
    /// The house's own mint when absent.
    pub mint: Option<Address>,
    pub per_payment: Option<Amount>,
    pub per_day: Option<Amount>,
    /// Profiles of vendors, at most 100; absent means all.
    pub allowed_vendors: Option<Vec<ProfileId>>,
    pub low_balance: Option<Amount>,
}

/// The limits of an agent in one mint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendingLimits {
    pub mint: Address,
    pub per_payment: Option<Amount>,
    pub per_day: Option<Amount>,
    /// Counted while there is a limit of a day.
    pub spent_today: Amount,
    pub allowed_vendors: Option<Vec<ProfileId>>,
    pub low_balance: Option<Amount>,
}

impl Payments<'_> {
    /// The limits of the caller's agent, one for each mint that has any.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn limits(&self, caller: &Caller) -> Result<Vec<SpendingLimits>, PayError> {
        let Some(agent) = self.profile(caller, Kind::Agent).await? else { return Ok(Vec::new()) };
        let rows = spending_limit::Entity::find().filter(spending_limit::Column::ProfileId.eq(agent));
        let rows = rows.order_by_asc(spending_limit::Column::Mint).all(self.domain.db.connection()).await?;
        let today = day_of(self.domain.now());
        Ok(rows.into_iter().map(|row| SpendingLimits::of(row, today)).collect())
    }

    /// Replace the limits of the caller's agent in one mint. They hold for every payment that is not committed yet.
    ///
    /// # Errors
    /// [`PayError::Fields`], [`PayError::NoProfile`].
    pub async fn set_limits(&self, caller: &Caller, draft: LimitsDraft) -> Result<SpendingLimits, PayError> {
        use spending_limit::Column::{Day, DayMax, LowBalance, Mint, PaymentMax, ProfileId as Of, Spent, UpdatedAt, Vendors as Paid};
        let agent = self.own_profile(caller, Kind::Agent).await?;
        let mint = draft.mint.unwrap_or(self.domain.settings.payments.mint);
        let txn = self.domain.db.write().await?;
        refuse_others(&txn, draft.allowed_vendors.as_deref().unwrap_or_default()).await?;
        // Payments lock the payer's account before they read its limits, so from here on none is under way.
        let account = Account::of(AccountKind::Agent, agent, mint);
        let now = ledger::hold(self.domain, &txn, account).await?;
        let today = day_of(now);
        let row = spending_limit::Model {
            profile_id: agent,
            mint,
            payment_max: draft.per_payment,
            day_max: draft.per_day,
            vendors: draft.allowed_vendors.map(Vendors),
            low_balance: draft.low_balance,
            day: today,
            spent: spent_on(&txn, agent, account, today).await?,
            updated_at: now,
        };
        let replaced = [PaymentMax, DayMax, Paid, LowBalance, Day, Spent, UpdatedAt];
        let replace = OnConflict::columns([Of, Mint]).update_columns(replaced).to_owned();
        spending_limit::Entity::insert(row.clone().into_active_model()).on_conflict(replace).exec_without_returning(&*txn).await?;
        txn.commit().await?;
        Ok(SpendingLimits::of(row, today))
    }
}

impl SpendingLimits {
    fn of(row: spending_limit::Model, today: i64) -> Self {
        Self {
            mint: row.mint,
            per_payment: row.payment_max,
            per_day: row.day_max,
            spent_today: if row.day == today { row.spent } else { Amount::ZERO },
            allowed_vendors: row.vendors.map(|vendors| vendors.0),
            low_balance: row.low_balance,
        }
    }
}

/// What was spent on a day: what was paid at once, and what was signed, if it was not in vain. What was signed is paid later, in a chain, and counts once.
async fn spent_on(txn: &Txn, agent: ProfileId, account: Account, day: i64) -> Result<Amount, DbErr> {
    let since = || day * DAY_US;
    let paid = format!(
        "SELECT {} FROM ledger_transfers WHERE debit_account_id = $1 AND created_at >= $2 AND kind = 'pay' AND chain_id IS NULL",
        wide_sum("amount")
    );
    let signed = format!(
        "SELECT {} FROM payment_intents WHERE agent_id = $1 AND created_at >= $2 AND mint = $3 AND state <> 'failed'",
        wide_sum("amount")
    );
    let mut sum = 0;
    for (sql, values) in
        [(paid, vec![account.id().into(), since().into()]), (signed, vec![agent.into(), since().into(), account.mint.into()])]
    {
        let row = txn.query_one_raw(statement(txn.engine(), sql, values)).await?;
        sum += row.map_or(Ok(0), |row| wide(&row, 0))?;
    }
    Ok(i64::try_from(sum).ok().and_then(|sum| Amount::new(sum).ok()).unwrap_or_default())
}

/// Whoever is not a vendor cannot be paid, so nobody means them.
async fn refuse_others(txn: &Txn, named: &[ProfileId]) -> Result<(), PayError> {
    if named.len() > VENDORS_MAX {
        return Err(PayError::field("/allowed_vendors", "must name 100 vendors at most"));
    }
    let vendors =
        profile::Entity::find().select_only().column(profile::Column::Id).filter(profile::Column::Id.is_in(named.iter().copied()));
    let vendors: Vec<ProfileId> = vendors.filter(profile::Column::Kind.eq(Kind::Vendor)).into_tuple().all(&**txn).await?;
    let wrong =
        |(index, _)| FieldError { pointer: format!("/allowed_vendors/{index}"), detail: "there is no vendor with this profile".into() };
    let wrong: Vec<_> = named.iter().enumerate().filter(|(_, id)| !vendors.contains(id)).map(wrong).collect();
    if wrong.is_empty() { Ok(()) } else { Err(PayError::Fields(wrong)) }
}

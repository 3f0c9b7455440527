//! Who pays and who is paid: what has to be known of them, in one statement for a whole group.

use std::collections::HashMap;

use entities::id::{ProfileId, UserId};
use entities::spending_limit::Vendors;
use entities::{Address, Amount, profile, user};
use platform::Txn;
use sea_orm::{ActiveEnum as _, ConnectionTrait as _, DbErr, QueryResult, TryGetable as _};

use super::PayError;
use super::spending::Spending;
use crate::sql::{any_of_ids, ids, statement};

/// Somebody who pays or is paid.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Party {
    pub user_id: UserId,
    pub kind: profile::Kind,
    /// Neither the profile nor its user is suspended.
    pub is_active: bool,
}

/// Everybody whom a group names, and the limits of those who pay.
#[derive(Debug, Default)]
pub(crate) struct Parties {
    pub known: HashMap<ProfileId, Party>,
    pub spending: HashMap<(ProfileId, Address), Spending>,
}

impl Parties {
    /// The payers' accounts have to be locked by now: whoever changes their limits locks them too.
    pub async fn read(txn: &Txn, named: impl IntoIterator<Item = ProfileId>) -> Result<Self, DbErr> {
        let mut named: Vec<ProfileId> = named.into_iter().collect();
        named.sort_unstable();
        named.dedup();
        let engine = txn.engine();
        let sql = format!(
            "SELECT p.id, p.user_id, p.kind, p.state, u.state, l.mint, l.payment_max, l.day_max, l.vendors, l.low_balance, l.day, l.spent
             FROM profiles p JOIN users u ON u.id = p.user_id LEFT JOIN spending_limits l ON l.profile_id = p.id WHERE p.id {}",
            any_of_ids(engine)
        );
        let rows = txn.query_all_raw(statement(engine, sql, [ids(engine, named)])).await?;
        let mut parties = Self::default();
        for row in &rows {
            let id: ProfileId = row.try_get_by_index(0)?;
            parties.known.insert(id, party(row)?);
            if let Some(mint) = row.try_get_by_index::<Option<Address>>(5)? {
                parties.spending.insert((id, mint), spending(row)?);
            }
        }
        Ok(parties)
    }

    /// Whether a payer may pay so much to that vendor.
    pub fn allow(&self, payer: ProfileId, mint: Address, (vendor, amount): (ProfileId, Amount), day: i64) -> Result<(), PayError> {
        if !self.known.get(&payer).is_some_and(|payer| payer.is_active) {
            return Err(PayError::Suspended);
        }
        self.spending.get(&(payer, mint)).map_or(Ok(()), |limits| limits.allow(vendor, amount, day))
    }

    /// Count what was paid.
    pub fn count(&mut self, payer: ProfileId, mint: Address, amount: Amount, day: i64) {
        if let Some(limits) = self.spending.get_mut(&(payer, mint)) {
            limits.count(amount, day);
        }
    }
}

fn party(row: &QueryResult) -> Result<Party, DbErr> {
    let [kind, of_profile, of_user]: [String; 3] = [row.try_get_by_index(2)?, row.try_get_by_index(3)?, row.try_get_by_index(4)?];
    let is_active = profile::State::try_from_value(&of_profile)? == profile::State::Active
        && user::State::try_from_value(&of_user)? == user::State::Active;
    Ok(Party { user_id: row.try_get_by_index(1)?, kind: profile::Kind::try_from_value(&kind)?, is_active })
}

fn spending(row: &QueryResult) -> Result<Spending, DbErr> {
    let vendors = Option::<Vendors>::try_get_by(row, 8)?;
    Ok(Spending {
        payment_max: row.try_get_by_index::<Option<Amount>>(6)?,
        day_max: row.try_get_by_index::<Option<Amount>>(7)?,
        vendors: vendors.map(|vendors| vendors.0),
        low_balance: row.try_get_by_index::<Option<Amount>>(9)?,
        day: row.try_get_by_index(10)?,
        spent: row.try_get_by_index(11)?,
        is_changed: false,
    })
}

//! What agents and vendors have, and what agents did with it.

use std::collections::{BTreeMap, HashMap};

use entities::id::{AccountId, ProfileId, TransferId};
use entities::ledger_account;
use entities::profile::Kind;
use entities::{Address, Amount, Timestamp};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use uuid::Uuid;

use super::{PayError, Payments};
use crate::accounts::Caller;
use crate::ledger::{self, AccountKind, Balance, Entry, Figures, Statement, Transfer};
use crate::paging::{Page, PageRequest};

const LIST: &str = "agent transactions";

/// What an agent has of one mint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentBalance {
    pub mint: Address,
    pub symbol: String,
    /// What it can spend.
    pub available: Amount,
    /// What is on its way to it.
    pub pending: Amount,
    /// What it has put down, less what it has asked back.
    pub bonded: Amount,
}

/// What a vendor has of one mint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorBalance {
    pub mint: Address,
    pub symbol: String,
    /// Earned and not paid out yet.
    pub unsettled: Amount,
    /// The part of it that may be paid out: what agents have only signed for is not.
    pub payable: Amount,
    /// On its way to the vendor's wallet.
    pub in_flight: Amount,
    /// Arrived there since the beginning.
    pub settled: Amount,
}

/// A transfer as the agent sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentTransaction {
    pub transfer: Transfer,
    pub mint: Address,
    pub is_credit: bool,
    /// The profile on the other side, where there is one.
    pub counterparty: Option<Uuid>,
}

impl Payments<'_> {
    /// What the caller's agent has, the house's own mint first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn agent_balances(&self, caller: &Caller) -> Result<Vec<AgentBalance>, PayError> {
        let agent = self.profile(caller, Kind::Agent).await?;
        let of_mint = |mint: Address, held: &[Balance]| AgentBalance {
            mint,
            symbol: self.domain.settings.payments.symbol_of(&mint),
            available: at_least_nothing(sum(held, AccountKind::Agent, Figures::available)),
            pending: at_least_nothing(sum(held, AccountKind::Agent, |figures| figures.pending_in)),
            bonded: at_least_nothing(sum(held, AccountKind::Bond, Figures::available)),
        };
        self.by_mint(agent, of_mint).await
    }

    /// What the caller has earned as a vendor, the house's own mint first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn vendor_balances(&self, caller: &Caller) -> Result<Vec<VendorBalance>, PayError> {
        let vendor = self.profile(caller, Kind::Vendor).await?;
        let of_mint = |mint: Address, held: &[Balance]| {
            let posted = |kind| sum(held, kind, |figures| figures.posted);
            let owed = posted(AccountKind::Receivable);
            VendorBalance {
                mint,
                symbol: self.domain.settings.payments.symbol_of(&mint),
                unsettled: at_least_nothing(posted(AccountKind::VendorUnsettled) + posted(AccountKind::VendorPromised) + owed),
                payable: at_least_nothing(sum(held, AccountKind::VendorUnsettled, Figures::available) + owed),
                in_flight: at_least_nothing(posted(AccountKind::VendorInFlight)),
                settled: at_least_nothing(posted(AccountKind::VendorSettled)),
            }
        };
        self.by_mint(vendor, of_mint).await
    }

    /// What moved on the caller's agent, newest first.
    ///
    /// # Errors
    /// [`PayError::Page`].
    pub async fn agent_transactions(&self, caller: &Caller, page: &PageRequest) -> Result<Page<AgentTransaction>, PayError> {
        let (rows_max, filter) = (page.rows_max()? + 1, caller.user_id.to_string());
        let before = page.after::<(i64, TransferId)>(LIST, &filter)?.map(|(at, id)| (Timestamp::from_micros(at), id));
        let held = match self.profile(caller, Kind::Agent).await? {
            Some(agent) => ledger::balances_of(&self.domain.db, agent).await?,
            None => Vec::new(),
        };
        let accounts: Vec<_> = held.iter().map(|balance| balance.account).filter(|account| account.kind == AccountKind::Agent).collect();
        let entries = ledger::statement(&self.domain.db, &Statement { accounts: &accounts, before, rows_max }).await?;
        let owners = self.owners(&entries).await?;
        let told = entries.into_iter().map(|entry| AgentTransaction {
            counterparty: owners.get(&other_side(&entry)).copied().flatten(),
            transfer: entry.transfer,
            mint: entry.mint,
            is_credit: entry.is_credit,
        });
        Ok(page.page(LIST, &filter, told.collect(), |told| (told.transfer.created_at.micros(), told.transfer.id))?)
    }

    async fn by_mint<T>(&self, owner: Option<ProfileId>, of_mint: impl Fn(Address, &[Balance]) -> T) -> Result<Vec<T>, PayError> {
        let ours = self.domain.settings.payments.mint;
        let mut mints: BTreeMap<(bool, Address), Vec<Balance>> = BTreeMap::from([((false, ours), Vec::new())]);
        let held = match owner {
            Some(owner) => ledger::balances_of(&self.domain.db, owner).await?,
            None => Vec::new(),
        };
        for balance in held {
            let mint = balance.account.mint;
            mints.entry((mint != ours, mint)).or_default().push(balance);
        }
        Ok(mints.into_iter().map(|((_, mint), held)| of_mint(mint, &held)).collect())
    }

    async fn owners(&self, entries: &[Entry]) -> Result<HashMap<AccountId, Option<Uuid>>, PayError> {
        let others: Vec<_> = entries.iter().map(other_side).collect();
        let owners = ledger_account::Entity::find().select_only().columns([ledger_account::Column::Id, ledger_account::Column::OwnerId]);
        let owners = owners.filter(ledger_account::Column::Id.is_in(others));
        Ok(owners.into_tuple::<(AccountId, Option<Uuid>)>().all(self.domain.db.connection()).await?.into_iter().collect())
    }
}

fn other_side(entry: &Entry) -> AccountId {
    if entry.is_credit { entry.transfer.debit_account_id } else { entry.transfer.credit_account_id }
}

fn sum(held: &[Balance], kind: AccountKind, figure: impl Fn(&Figures) -> i64) -> i64 {
    held.iter().filter(|balance| balance.account.kind == kind).fold(0, |sum, balance| sum.saturating_add(figure(&balance.figures)))
}

fn at_least_nothing(atomic: i64) -> Amount {
    Amount::new(atomic).unwrap_or_default()
}

//! The accounts where deposits arrive: one for each token that the house takes. A process that has the treasury's keys opens them; the others read of them.

use entities::custody_account;
use entities::id::ProfileId;
use entities::{Address, token};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _};

use super::{CustodyAccount, DepositError, Deposits};
use crate::accounts::Caller;
use crate::profiles::Kind;

/// Where and how an agent deposits one token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepositAddress {
    pub mint: Address,
    pub symbol: String,
    /// The token account.
    pub account: Address,
    /// Whose it is: wallets send to this one and find the token account by themselves.
    pub owner: Address,
    /// With this memo beside the transfer it is the caller's, whoever sends it.
    pub memo: ProfileId,
}

impl Deposits<'_> {
    /// Where the caller's agent deposits, one line for each token.
    ///
    /// # Errors
    /// When the caller has no agent, or no account is open yet.
    pub async fn addresses(&self, caller: &Caller) -> Result<Vec<DepositAddress>, DepositError> {
        let memo = self.domain.payments().own_profile(caller, Kind::Agent).await?;
        let tokens = self.domain.tokens().list().await?;
        let mut accounts = self.open_custody().await?;
        // The newest of a mint is the one whose key is in use.
        accounts.reverse();
        let line = |token: &token::Model| {
            let account = accounts.iter().find(|account| account.mint == token.mint)?;
            Some(DepositAddress { mint: token.mint, symbol: token.symbol.clone(), account: account.address, owner: account.owner, memo })
        };
        let lines: Vec<_> = tokens.iter().filter_map(line).collect();
        if lines.is_empty() { Err(DepositError::NotOpen) } else { Ok(lines) }
    }

    /// The accounts where something may arrive.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn watched(&self) -> Result<Vec<Address>, DepositError> {
        Ok(self.open_custody().await?.into_iter().map(|account| account.address).collect())
    }

    /// All custody accounts of the network, oldest first; those that are missing are written down when this process can know them.
    pub(crate) async fn open_custody(&self) -> Result<Vec<CustodyAccount>, DepositError> {
        let there = self.custody().await?;
        let Some(treasury) = &self.domain.ports.treasury else { return Ok(there) };
        let owner = treasury.address();
        let is_missing = |token: &token::Model| !there.iter().any(|account| (account.mint, account.owner) == (token.mint, owner));
        let missing: Vec<_> = self.domain.tokens().list().await?.into_iter().filter(is_missing).collect();
        if missing.is_empty() {
            return Ok(there);
        }
        let row = |token: token::Model| {
            let row = CustodyAccount {
                address: treasury.token_account(owner, token.mint, token.token_program),
                network: token.network,
                mint: token.mint,
                owner,
                cursor_signature: None,
                cursor_slot: 0,
                scan_before: None,
                scan_horizon: None,
                created_at: self.domain.now(),
            };
            row.into_active_model()
        };
        let unless_there = OnConflict::new().do_nothing().to_owned();
        let txn = self.domain.db.write().await?;
        custody_account::Entity::insert_many(missing.into_iter().map(row)).on_conflict(unless_there).exec_without_returning(&*txn).await?;
        txn.commit().await?;
        self.custody().await
    }

    pub(super) async fn custody(&self) -> Result<Vec<CustodyAccount>, DepositError> {
        let network = self.domain.settings.site.chain.name();
        let rows = custody_account::Entity::find().filter(custody_account::Column::Network.eq(network));
        Ok(rows.order_by_asc(custody_account::Column::CreatedAt).all(self.domain.db.connection()).await?)
    }
}

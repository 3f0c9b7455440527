//! Lookup tables for batches that do not fit without. Which accounts a table names is remembered in SQL, and believed as the chain says.

use std::collections::HashMap;

use entities::{Address, lookup_entry, settlement_batch};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _};

use super::settle::Ports;
use super::{Batch, SettlementError, Settlements};
use crate::ports::chain::{Draft, LookupTable, PayoutBatch};
use crate::tokens::Token;

/// Addresses that a table takes.
const ENTRIES_MAX: usize = 256;

pub(super) enum Table {
    /// It names all of them, and may be used.
    Ready(LookupTable),
    /// This makes or extends it, by so many addresses.
    Launch {
        draft: Draft,
        grows: usize,
        why: &'static str,
    },
    Later(&'static str),
}

impl Settlements<'_> {
    /// A table that names mint, custody and all destinations; made or extended where there is none.
    pub(super) async fn table(
        &self,
        batch: &Batch,
        token: &Token,
        destinations: &[Address],
        (chain, treasury): Ports<'_>,
    ) -> Result<Table, SettlementError> {
        let custody = treasury.token_account(treasury.address(), token.mint, token.token_program);
        let needed: Vec<Address> = [token.mint, custody].into_iter().chain(destinations.iter().copied()).collect();
        let known = match batch.lookup_table {
            Some(address) => Some(address),
            None => self.best_table(destinations).await?,
        };
        let table = match known {
            Some(address) => chain.lookup_table(address).await?.filter(|table| table.is_active),
            None => None,
        };
        let blockhash = chain.blockhash().await?;
        let Some(table) = table else {
            let first = &needed[..needed.len().min(PayoutBatch::TABLE_GROWTH_MAX)];
            let (address, draft) = treasury.draft_table(chain.slot().await?, first, blockhash)?;
            self.remember(batch, address, destinations).await?;
            return Ok(Table::Launch { draft, grows: first.len(), why: "a lookup table is made" });
        };
        let missing: Vec<Address> = needed.into_iter().filter(|address| !table.addresses.contains(address)).collect();
        if table.addresses.len() + missing.len() > ENTRIES_MAX {
            self.forget(batch, &table).await?;
            return Ok(Table::Later("its lookup table is full"));
        }
        if !missing.is_empty() {
            let some = &missing[..missing.len().min(PayoutBatch::TABLE_GROWTH_MAX)];
            let draft = treasury.draft_table_growth(table.address, some, blockhash)?;
            self.remember(batch, table.address, destinations).await?;
            return Ok(Table::Launch { draft, grows: some.len(), why: "a lookup table grows" });
        }
        // The growth was final when we came here; so is a later slot.
        if chain.slot().await? <= table.extended_slot {
            return Ok(Table::Later("its lookup table may be used in a moment"));
        }
        Ok(Table::Ready(table))
    }

    /// The table that names most of them, or one that has room.
    async fn best_table(&self, destinations: &[Address]) -> Result<Option<Address>, DbErr> {
        let db = self.domain.db.connection();
        let named = lookup_entry::Entity::find().filter(lookup_entry::Column::Account.is_in(destinations.iter().copied())).all(db).await?;
        let mut counts: HashMap<Address, usize> = HashMap::new();
        for entry in named {
            *counts.entry(entry.lookup_table).or_default() += 1;
        }
        let Some((best, named)) = counts.into_iter().max_by_key(|(address, count)| (*count, *address)) else { return Ok(None) };
        let there = lookup_entry::Entity::find().filter(lookup_entry::Column::LookupTable.eq(best)).count(db).await?;
        let after = usize::try_from(there).unwrap_or(ENTRIES_MAX) + 2 + destinations.len() - named;
        Ok((after <= ENTRIES_MAX).then_some(best))
    }

    async fn remember(&self, batch: &Batch, table: Address, destinations: &[Address]) -> Result<(), SettlementError> {
        let txn = self.domain.db.write().await?;
        let row = |account: &Address| lookup_entry::Model { account: *account, lookup_table: table, created_at: self.domain.now() };
        let insert = lookup_entry::Entity::insert_many(destinations.iter().map(|account| row(account).into_active_model()));
        let replace = OnConflict::column(lookup_entry::Column::Account).update_column(lookup_entry::Column::LookupTable).to_owned();
        insert.on_conflict(replace).exec_without_returning(&*txn).await?;
        self.name_table(&txn, batch, Some(table)).await?;
        txn.commit().await?;
        Ok(())
    }

    async fn forget(&self, batch: &Batch, table: &LookupTable) -> Result<(), SettlementError> {
        let txn = self.domain.db.write().await?;
        lookup_entry::Entity::delete_many().filter(lookup_entry::Column::LookupTable.eq(table.address)).exec(&*txn).await?;
        self.name_table(&txn, batch, None).await?;
        txn.commit().await?;
        Ok(())
    }

    async fn name_table(&self, txn: &platform::Txn, batch: &Batch, table: Option<Address>) -> Result<(), DbErr> {
        let name = settlement_batch::Entity::update_many().col_expr(settlement_batch::Column::LookupTable, Expr::value(table));
        name.filter(settlement_batch::Column::Id.eq(batch.id)).exec(&**txn).await.map(drop)
    }
}

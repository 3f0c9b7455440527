//! The rows as one JSON parameter for each statement.

use std::sync::LazyLock;

use entities::id::AccountId;
use jobs::store::sql::{Col, rows};
use platform::{Engine, Txn};
use sea_orm::{ConnectionTrait as _, DbErr};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Changes, Written};
use crate::ledger::Figures;
use crate::ledger::book::{Held, Known};
use crate::sql::statement;

const TRANSFER: [(&str, Col); 15] = [
    ("id", Col::Uuid),
    ("debit_account_id", Col::Uuid),
    ("credit_account_id", Col::Uuid),
    ("amount", Col::Big),
    ("state", Col::Text),
    ("two_phase", Col::Bool),
    ("kind", Col::Text),
    ("reference", Col::Text),
    ("chain_id", Col::Uuid),
    ("chain_length", Col::Int),
    ("reverses_id", Col::Uuid),
    ("expires_at", Col::Big),
    ("latency_us", Col::Int),
    ("created_at", Col::Big),
    ("resolved_at", Col::Big),
];
const RESOLVED: [(&str, Col); 3] = [("id", Col::Uuid), ("state", Col::Text), ("resolved_at", Col::Big)];
const FIGURES: [(&str, Col); 4] = [("id", Col::Uuid), ("posted", Col::Big), ("pending_in", Col::Big), ("pending_out", Col::Big)];

static SET_FIGURES: LazyLock<String> = LazyLock::new(|| figures_sql(""));
static GIVE: LazyLock<String> = LazyLock::new(|| figures_sql("ledger_accounts."));
static CREATE: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<_> = TRANSFER.iter().map(|(name, _)| *name).collect();
    let names = names.join(", ");
    // SQLite takes `ON CONFLICT` after a SELECT only when the SELECT has a WHERE.
    let rows = rows(Engine::Sqlite, &TRANSFER);
    format!("INSERT INTO ledger_transfers ({names}) SELECT {names} FROM {rows} WHERE TRUE ON CONFLICT (id) DO NOTHING")
});
static RESOLVE: LazyLock<String> = LazyLock::new(|| {
    let rows = rows(Engine::Sqlite, &RESOLVED);
    format!("UPDATE ledger_transfers SET state = r.state, resolved_at = r.resolved_at FROM {rows} WHERE ledger_transfers.id = r.id")
});

/// Set the figures, or add to those of a table.
fn figures_sql(to: &str) -> String {
    let set = ["posted", "pending_in", "pending_out"].map(|figure| match to {
        "" => format!("{figure} = r.{figure}"),
        to => format!("{figure} = {to}{figure} + r.{figure}"),
    });
    format!("UPDATE ledger_accounts SET {} FROM {} WHERE ledger_accounts.id = r.id", set.join(", "), rows(Engine::Sqlite, &FIGURES))
}

pub async fn write(txn: &Txn, changes: &Changes<'_>) -> Result<Written, DbErr> {
    let figures = |accounts: &[(AccountId, &Held)]| accounts.iter().map(|(id, held)| figures_row(*id, held.figures)).collect();
    execute(txn, &SET_FIGURES, figures(&changes.figures)).await?;
    let given = execute(txn, &GIVE, figures(&changes.given)).await?;
    let created = execute(txn, &CREATE, changes.created.iter().map(|known| transfer_row(known)).collect()).await?;
    execute(txn, &RESOLVE, changes.resolved.iter().map(|known| resolution_row(known)).collect()).await?;
    Ok(Written { created, given })
}

async fn execute(txn: &Txn, sql: &str, rows: Vec<Value>) -> Result<u64, DbErr> {
    if rows.is_empty() {
        return Ok(0);
    }
    Ok(txn.execute_raw(statement(Engine::Sqlite, sql, [Value::from(rows).into()])).await?.rows_affected())
}

fn figures_row(id: AccountId, figures: Figures) -> Value {
    json!({ "id": hex(id), "posted": figures.posted, "pending_in": figures.pending_in, "pending_out": figures.pending_out })
}

fn transfer_row(known: &Known) -> Value {
    let transfer = &known.transfer;
    json!({
        "id": hex(transfer.id), "debit_account_id": hex(transfer.debit_account_id), "credit_account_id": hex(transfer.credit_account_id),
        "amount": transfer.amount.atomic(), "state": transfer.state.name(), "two_phase": transfer.two_phase, "kind": transfer.kind.name(),
        "reference": transfer.reference, "chain_id": transfer.chain_id.map(hex), "chain_length": transfer.chain_length,
        "reverses_id": transfer.reverses_id.map(hex), "expires_at": transfer.expires_at.map(entities::Timestamp::micros),
        "latency_us": transfer.latency_us, "created_at": transfer.created_at.micros(),
        "resolved_at": transfer.resolved_at.map(entities::Timestamp::micros),
    })
}

fn resolution_row(known: &Known) -> Value {
    let transfer = &known.transfer;
    json!({ "id": hex(transfer.id), "state": transfer.state.name(), "resolved_at": transfer.resolved_at.map(entities::Timestamp::micros) })
}

fn hex(id: impl Into<Uuid>) -> String {
    id.into().as_simple().to_string()
}

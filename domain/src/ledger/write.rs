//! Closing the book: all that was decided, in one statement on PostgreSQL and in three on SQLite.

use std::sync::LazyLock;

use jobs::store::sql::{Col, rows};
use platform::{Engine, Txn};
use sea_orm::{ConnectionTrait as _, DbErr};
use serde_json::{Value, json};
use uuid::Uuid;

use super::LedgerError;
use super::book::{Book, Known, Unwritten};
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

/// The three statements of an engine: figures, new transfers, resolved ones. Each has its rows in `$1`.
struct Sql {
    figures: String,
    created: String,
    resolved: String,
}

static SQLITE: LazyLock<Sql> = LazyLock::new(|| sql(Engine::Sqlite));
static POSTGRES: LazyLock<Sql> = LazyLock::new(|| sql(Engine::Postgres));
/// Figures and new transfers in one; the counts are checked.
static POSTGRES_BOTH: LazyLock<String> = LazyLock::new(|| {
    let created = POSTGRES.created.replace("($1)", "($2)");
    format!("WITH figures AS ({}), created AS ({created} RETURNING 1) SELECT count(*) FROM created", POSTGRES.figures)
});

fn sql(engine: Engine) -> Sql {
    let names: Vec<_> = TRANSFER.iter().map(|(name, _)| *name).collect();
    let names = names.join(", ");
    // SQLite takes `ON CONFLICT` after a SELECT only when the SELECT has a WHERE.
    Sql {
        figures: format!(
            "UPDATE ledger_accounts SET posted = r.posted, pending_in = r.pending_in, pending_out = r.pending_out
             FROM {} WHERE ledger_accounts.id = r.id",
            rows(engine, &FIGURES)
        ),
        created: format!(
            "INSERT INTO ledger_transfers ({names}) SELECT {names} FROM {} WHERE TRUE ON CONFLICT (id) DO NOTHING",
            rows(engine, &TRANSFER)
        ),
        resolved: format!(
            "UPDATE ledger_transfers SET state = r.state, resolved_at = r.resolved_at FROM {} WHERE ledger_transfers.id = r.id",
            rows(engine, &RESOLVED)
        ),
    }
}

impl Book {
    /// Write down what was decided.
    ///
    /// # Errors
    /// [`LedgerError::Raced`] when one of the ids was taken meanwhile; the transaction has to be rolled back then.
    pub(crate) async fn close(self, txn: &Txn) -> Result<(), LedgerError> {
        let of = |what| self.transfers.values().filter(move |known| known.unwritten == what);
        let (figures, resolved) = (self.figures_rows(), of(Unwritten::Resolution).map(resolution_row).collect::<Vec<_>>());
        let created: Vec<Value> = of(Unwritten::All).map(transfer_row).collect();
        if !resolved.is_empty() {
            execute(txn, &sql_of(txn).resolved, resolved).await?;
        }
        let expected = created.len() as u64;
        let written = match (txn.engine(), expected) {
            (_, 0) if figures.is_empty() => 0,
            (_, 0) => execute(txn, &sql_of(txn).figures, figures).await.map(|_| 0)?,
            (Engine::Sqlite, _) => {
                execute(txn, &SQLITE.figures, figures).await?;
                execute(txn, &SQLITE.created, created).await?
            }
            (Engine::Postgres, _) => {
                let values = [Value::from(figures).into(), Value::from(created).into()];
                let count = txn.query_one_raw(statement(Engine::Postgres, POSTGRES_BOTH.as_str(), values)).await?;
                let count = count.map_or(Ok(0), |row| row.try_get_by_index::<i64>(0))?;
                u64::try_from(count).unwrap_or(0)
            }
        };
        if written == expected { Ok(()) } else { Err(LedgerError::Raced) }
    }

    fn figures_rows(&self) -> Vec<Value> {
        let changed = self.accounts.iter().filter(|(_, held)| held.is_changed);
        let row = |(id, held): (&entities::id::AccountId, &super::book::Held)| {
            let figures = held.figures;
            json!({ "id": hex(*id), "posted": figures.posted, "pending_in": figures.pending_in, "pending_out": figures.pending_out })
        };
        changed.map(row).collect()
    }
}

fn sql_of(txn: &Txn) -> &'static Sql {
    match txn.engine() {
        Engine::Sqlite => &SQLITE,
        Engine::Postgres => &POSTGRES,
    }
}

async fn execute(txn: &Txn, sql: &str, rows: Vec<Value>) -> Result<u64, DbErr> {
    Ok(txn.execute_raw(statement(txn.engine(), sql, [Value::from(rows).into()])).await?.rows_affected())
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

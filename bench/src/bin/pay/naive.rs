//! Payments as they are written without a thought: one transaction for each, which updates both accounts and inserts the transfer.

use std::time::{Duration, Instant};

use bench::{BoxError, millis};
use sea_orm::{ConnectionTrait as _, DatabaseBackend, DbErr, Statement, Value};

use crate::stage::Stage;
use crate::{Figures, PAYERS};

const SCHEMA: &str = "
CREATE TABLE naive_accounts (id INTEGER PRIMARY KEY, balance BIGINT NOT NULL CHECK (balance >= 0));
INSERT INTO naive_accounts SELECT n, 1000000000000 FROM generate_series(0, 64) AS n;
CREATE TABLE naive_transfers (id UUID PRIMARY KEY, debit INTEGER NOT NULL, credit INTEGER NOT NULL, amount BIGINT NOT NULL, created_at TIMESTAMPTZ NOT NULL);";
/// The vendor's account.
const VENDOR: i32 = 64;

pub async fn per_second(stage: &Stage, time: Duration) -> Result<Figures, BoxError> {
    stage.db.execute_unprepared(SCHEMA).await?;
    let began = Instant::now();
    let tasks = platform::Tasks::new();
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    for payer in (0..).take(PAYERS) {
        let (db, ids, told) = (stage.db.clone(), stage.domain.queue().ids().clone(), told.clone());
        tasks.spawn("payer", async move {
            let mut waits = Vec::new();
            while began.elapsed() < time {
                let asked = Instant::now();
                if pay(&db, ids.next(), payer).await.is_ok() {
                    waits.push(millis(asked.elapsed()));
                }
            }
            // Whoever measures is still there.
            let _ = told.send(waits);
        });
    }
    drop(told);
    let mut all = Vec::new();
    while let Some(waits) = heard.recv().await {
        all.extend(waits);
    }
    let took = began.elapsed();
    tasks.shut_down().await;
    Ok(Figures::of(all, took, 0))
}

async fn pay(db: &platform::Db, id: uuid::Uuid, payer: i32) -> Result<(), DbErr> {
    let txn = db.write().await?;
    let say =
        async |sql: &str, values: Vec<Value>| txn.execute_raw(Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, values)).await;
    say("UPDATE naive_accounts SET balance = balance - 1 WHERE id = $1", vec![payer.into()]).await?;
    say("UPDATE naive_accounts SET balance = balance + 1 WHERE id = $1", vec![VENDOR.into()]).await?;
    say("INSERT INTO naive_transfers VALUES ($1, $2, $3, 1, now())", vec![id.into(), payer.into(), VENDOR.into()]).await?;
    txn.commit().await
}

//! Reading the transactions that a walk has found, oldest first. Several are asked for at once, and each is booked by itself: one that a node does not have, or
//! that nobody understands, waits, and the others go on.

use std::time::Duration;

use entities::{Address, Signature};
use futures::{StreamExt as _, stream};
use sea_orm::ConnectionTrait as _;

use super::{DepositError, Deposits};
use crate::ports::chain::{ChainError, ChainTransaction};
use crate::sql::statement;

/// How long a transaction waits that a node did not have: so long for each time, up to a bound.
const AGAIN: Duration = Duration::from_secs(2);
const TRIES_COUNTED_MAX: i32 = 150;

/// What was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    pub transactions: u32,
    pub deposits: u32,
    /// There are more.
    pub is_behind: bool,
}

/// What a node said when it was asked for one.
type Answer = (Signature, Result<Option<ChainTransaction>, ChainError>);

impl Deposits<'_> {
    /// # Errors
    /// When the node answers nothing at all, or the database does not; what is booked by then stays booked.
    pub(crate) async fn take(&self, account: Address) -> Result<Taken, DepositError> {
        let settings = &self.domain.settings.deposits;
        let mut taken = Taken::default();
        while taken.transactions < settings.transactions_max {
            let some = self.pending(account, settings.requests_max.saturating_mul(4).max(1)).await?;
            if some.is_empty() {
                return Ok(taken);
            }
            let read = self.read(&some).await?;
            let mut late = Vec::new();
            for (signature, found) in read {
                taken.transactions += 1;
                match found {
                    Ok(Some(transaction)) => taken.deposits += self.book(&transaction).await?,
                    Ok(None) => late.push(signature),
                    Err(error) => {
                        tracing::warn!(error = &error as &dyn std::error::Error, %signature, "a transaction of a custody account cannot be read");
                        late.push(signature);
                    }
                }
            }
            self.put_off(account, &late).await?;
        }
        taken.is_behind = true;
        Ok(taken)
    }

    /// All of them, in their order. A node that answers none of them is away.
    async fn read(&self, some: &[Signature]) -> Result<Vec<Answer>, DepositError> {
        let chain = self.chain()?;
        let asked = stream::iter(some.iter().copied()).map(|signature| async move { (signature, chain.transaction(signature).await) });
        let mut read: Vec<_> = asked.buffered(self.domain.settings.deposits.requests_max.max(1)).collect().await;
        if read.iter().all(|(_, found)| found.is_err())
            && let Some((_, Err(error))) = read.pop()
        {
            return Err(error.into());
        }
        Ok(read)
    }

    async fn pending(&self, account: Address, most: usize) -> Result<Vec<Signature>, DepositError> {
        let (db, engine) = (&self.domain.db, self.domain.db.engine());
        let now = engine.now_sql();
        let sql = format!(
            "SELECT signature FROM custody_signatures WHERE account = $1 AND state = 'pending' AND look_at <= {now} ORDER BY slot, signature LIMIT {most}"
        );
        let rows = db.query_all_raw(statement(engine, sql, [account.into()])).await?;
        Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?)
    }

    async fn put_off(&self, account: Address, late: &[Signature]) -> Result<(), DepositError> {
        let engine = self.domain.db.engine();
        let (now, again) = (engine.now_sql(), AGAIN.as_micros());
        let fewest = match engine {
            platform::Engine::Sqlite => "min",
            platform::Engine::Postgres => "least",
        };
        let sql = format!(
            "UPDATE custody_signatures SET tries = tries + 1, look_at = {now} + {again} * {fewest}(tries + 1, {TRIES_COUNTED_MAX})
             WHERE account = $1 AND signature = $2"
        );
        for signature in late {
            let txn = self.domain.db.write().await?;
            txn.execute_raw(statement(engine, sql.as_str(), [account.into(), (*signature).into()])).await?;
            txn.commit().await?;
        }
        Ok(())
    }
}

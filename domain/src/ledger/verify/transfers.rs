//! Transfers: each is whole in itself, with its accounts, its chain and what it takes back.

use entities::id::TransferId;
use sea_orm::{ConnectionTrait as _, DbErr, QueryResult};
use uuid::Uuid;

use super::{BREAKS_MAX, Check};
use crate::sql::statement;

/// How many checks [`Check::transfers`] makes.
pub(super) const CHECKS: u64 = 4;

const APART: &str = "
SELECT t.id, d.mint, c.mint, d.simulated, c.simulated FROM ledger_transfers t
LEFT JOIN ledger_accounts d ON d.id = t.debit_account_id LEFT JOIN ledger_accounts c ON c.id = t.credit_account_id
WHERE (d.mint = c.mint AND d.simulated = c.simulated) IS NOT TRUE";

const STATE: &str = "
SELECT id, state, amount FROM ledger_transfers
WHERE state NOT IN ('pending', 'posted', 'voided') OR (state = 'pending') <> (resolved_at IS NULL) OR (NOT two_phase AND state <> 'posted')
   OR amount < 0 OR resolved_at < created_at";

const CHAIN: &str = "
SELECT chain_id, count(*), max(chain_length) FROM ledger_transfers WHERE chain_id IS NOT NULL
GROUP BY chain_id HAVING count(*) <> max(chain_length) OR min(chain_length) <> max(chain_length)";

const REVERSAL: &str = "
SELECT r.id, r.reverses_id FROM ledger_transfers r LEFT JOIN ledger_transfers t ON t.id = r.reverses_id
WHERE r.reverses_id IS NOT NULL
  AND (t.state = 'posted' AND r.amount = t.amount AND r.debit_account_id = t.credit_account_id AND r.credit_account_id = t.debit_account_id) IS NOT TRUE";

impl Check {
    pub(super) async fn transfers(&mut self, mut said: impl FnMut(u64)) -> Result<(), DbErr> {
        for row in self.some(APART).await? {
            let id: TransferId = row.try_get_by_index(0)?;
            let (debit, credit): (Option<String>, Option<String>) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            let sentence = match (debit, credit) {
                (Some(debit), Some(credit)) if debit != credit => format!("transfer {id} turns mint {debit} into {credit}"),
                (Some(_), Some(_)) => format!("transfer {id} is between a simulated and a real account"),
                _ => format!("transfer {id} has an account that is not there"),
            };
            self.found("apart", sentence);
        }
        said(1);
        for row in self.some(STATE).await? {
            let (id, state, amount): (TransferId, String, i64) =
                (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            self.found("state", format!("transfer {id} of {amount} cannot be `{state}` as it is"));
        }
        said(2);
        for row in self.some(CHAIN).await? {
            let (chain, there): (Uuid, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let length: i32 = row.try_get_by_index(2)?;
            self.found("chain", format!("chain {} has {there} of its {length} transfers", chain.as_simple()));
        }
        said(3);
        for row in self.some(REVERSAL).await? {
            let (id, original): (TransferId, TransferId) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            self.found("reversal", format!("transfer {id} is not the opposite of the posted transfer {original}"));
        }
        said(CHECKS);
        Ok(())
    }

    /// One more than is told, so that it is seen when there are more.
    async fn some(&self, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
        self.txn.query_all_raw(statement(self.engine, format!("{sql} LIMIT {}", BREAKS_MAX + 1), [])).await
    }
}

//! The rows as arrays, one for each column, which the server reads several times faster than JSON. An array of the driver's has no NULLs, so each column that may be NULL has a
//! value that stands for it.

use entities::id::AccountId;
use entities::{Amount, Timestamp};
use platform::{Engine, Txn};
use sea_orm::{ConnectionTrait as _, DbErr, Value};
use uuid::Uuid;

use super::{Changes, Written};
use crate::ledger::Transfer;
use crate::ledger::book::{Held, Known};
use crate::sql::statement;

/// What was locked is set, what is new is inserted, and at last what was not locked is locked in its order and given something: it is held only until the commit. The
/// subselects at the end are carried out in their order.
const WRITE: &str = "
WITH figures AS (
    UPDATE ledger_accounts a SET posted = r.posted, pending_in = r.pending_in, pending_out = r.pending_out
    FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[]) AS r(id, posted, pending_in, pending_out) WHERE a.id = r.id),
created AS (
    INSERT INTO ledger_transfers (id, debit_account_id, credit_account_id, amount, state, two_phase, kind, reference, chain_id, chain_length,
                                  reverses_id, expires_at, latency_us, created_at, resolved_at)
    SELECT r.id, r.debit, r.credit, r.amount, r.state, r.two_phase, r.kind, nullif(r.reference, ''), nullif(r.chain_id, $20), nullif(r.chain_length, 0),
           nullif(r.reverses_id, $20), nullif(r.expires_at, -1), nullif(r.latency_us, -1), r.created_at, nullif(r.resolved_at, -1)
    FROM unnest($5::uuid[], $6::uuid[], $7::uuid[], $8::bigint[], $9::text[], $10::boolean[], $11::text[], $12::text[], $13::uuid[], $14::integer[],
                $15::uuid[], $16::bigint[], $17::integer[], $18::bigint[], $19::bigint[])
         AS r(id, debit, credit, amount, state, two_phase, kind, reference, chain_id, chain_length, reverses_id, expires_at, latency_us, created_at, resolved_at)
    ON CONFLICT (id) DO NOTHING RETURNING 1),
held AS MATERIALIZED (
    SELECT a.id, r.posted, r.pending_in, r.pending_out
    FROM unnest($21::uuid[], $22::bigint[], $23::bigint[], $24::bigint[]) AS r(id, posted, pending_in, pending_out) JOIN ledger_accounts a ON a.id = r.id
    ORDER BY a.kind = 'vendor_unsettled', a.id FOR NO KEY UPDATE OF a),
given AS (
    UPDATE ledger_accounts a SET posted = a.posted + held.posted, pending_in = a.pending_in + held.pending_in, pending_out = a.pending_out + held.pending_out
    FROM held WHERE a.id = held.id RETURNING 1)
SELECT (SELECT count(*) FROM created), (SELECT count(*) FROM given)";

const RESOLVE: &str = "
UPDATE ledger_transfers t SET state = r.state, resolved_at = r.resolved_at
FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS r(id, state, resolved_at) WHERE t.id = r.id";

pub async fn write(txn: &Txn, changes: &Changes<'_>) -> Result<Written, DbErr> {
    if !changes.resolved.is_empty() {
        let of = |known: &&Known| known.transfer.resolved_at.map_or(-1, Timestamp::micros);
        let values = [
            array(&changes.resolved, |known| Uuid::from(known.transfer.id)),
            array(&changes.resolved, |known| known.transfer.state.name().to_owned()),
            array(&changes.resolved, of),
        ];
        txn.execute_raw(statement(Engine::Postgres, RESOLVE, values)).await?;
    }
    let row = txn.query_one_raw(statement(Engine::Postgres, WRITE, parameters(changes))).await?;
    let count = |index: usize| row.as_ref().map_or(Ok(0), |row| row.try_get_by_index::<i64>(index)).map(i64::unsigned_abs);
    Ok(Written { created: count(0)?, given: count(1)? })
}

fn parameters(changes: &Changes<'_>) -> Vec<Value> {
    let figures = |figure: fn(&Held) -> i64| array(&changes.figures, |(_, held)| figure(held));
    let given = |figure: fn(&Held) -> i64| array(&changes.given, |(_, held)| figure(held));
    let ids = |accounts: &[(AccountId, &Held)]| array(accounts, |(id, _)| Uuid::from(*id));
    let created = &changes.created;
    let id = |of: fn(&Transfer) -> Option<Uuid>| array(created, |known| of(&known.transfer).unwrap_or_default());
    let text = |of: fn(&Transfer) -> &str| array(created, |known| of(&known.transfer).to_owned());
    let big = |of: fn(&Transfer) -> i64| array(created, |known| of(&known.transfer));
    let int = |of: fn(&Transfer) -> i32| array(created, |known| of(&known.transfer));
    vec![
        ids(&changes.figures),
        figures(|held| held.figures.posted),
        figures(|held| held.figures.pending_in),
        figures(|held| held.figures.pending_out),
        id(|transfer| Some(transfer.id.into())),
        id(|transfer| Some(transfer.debit_account_id.into())),
        id(|transfer| Some(transfer.credit_account_id.into())),
        big(|transfer| Amount::atomic(transfer.amount)),
        text(|transfer| transfer.state.name()),
        array(created, |known| known.transfer.two_phase),
        text(|transfer| transfer.kind.name()),
        text(|transfer| transfer.reference.as_deref().unwrap_or_default()),
        id(|transfer| transfer.chain_id),
        int(|transfer| transfer.chain_length.unwrap_or(0)),
        id(|transfer| transfer.reverses_id.map(Uuid::from)),
        big(|transfer| transfer.expires_at.map_or(-1, Timestamp::micros)),
        int(|transfer| transfer.latency_us.unwrap_or(-1)),
        big(|transfer| transfer.created_at.micros()),
        big(|transfer| transfer.resolved_at.map_or(-1, Timestamp::micros)),
        Uuid::nil().into(),
        ids(&changes.given),
        given(|held| held.figures.posted),
        given(|held| held.figures.pending_in),
        given(|held| held.figures.pending_out),
    ]
}

/// One column of some rows.
fn array<R, T>(rows: &[R], of: impl Fn(&R) -> T) -> Value
where
    Vec<T>: Into<Value>,
{
    rows.iter().map(of).collect::<Vec<T>>().into()
}

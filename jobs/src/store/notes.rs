//! Log lines and progress of running attempts, written in bunches.

use std::collections::BTreeMap;

use entities::id::JobId;
use platform::{Db, Txn};
use sea_orm::{ConnectionTrait as _, DbErr};
use serde_json::{Value, json};

use super::nul;
use super::sql::{Col, hex, rows, statement};

/// What a handler said about its attempt.
#[derive(Debug)]
pub struct Note {
    job_id: JobId,
    attempt: i32,
    said: Said,
}

#[derive(Debug)]
enum Said {
    Line(String),
    Progress(Value),
}

impl Note {
    pub(crate) fn line(job_id: JobId, attempt: i32, line: String) -> Self {
        Self { job_id, attempt, said: Said::Line(line) }
    }

    pub(crate) fn progress(job_id: JobId, attempt: i32, progress: Value) -> Self {
        Self { job_id, attempt, said: Said::Progress(progress) }
    }
}

/// Write the notes: lines are added up to `log_bytes_max` per attempt, of progress the newest word wins.
///
/// # Errors
/// When the database refuses; nothing is written then.
pub async fn write(db: &Db, notes: &[Note], log_bytes_max: usize) -> Result<(), DbErr> {
    let mut lines: BTreeMap<(JobId, i32), String> = BTreeMap::new();
    let mut progress: BTreeMap<(JobId, i32), Value> = BTreeMap::new();
    for note in notes {
        let of = (note.job_id, note.attempt);
        match &note.said {
            Said::Line(line) => {
                let log = lines.entry(of).or_default();
                log.push_str(&nul::text(line));
                log.push('\n');
            }
            Said::Progress(value) => drop(progress.insert(of, nul::json(value))),
        }
    }
    let txn = db.write().await?;
    let engine = db.engine();
    if !lines.is_empty() {
        let columns = rows(engine, &[("id", Col::Uuid), ("attempt", Col::Int), ("line", Col::Text)]);
        // The attempt's row is made by its first line or by its end, whichever comes first.
        let sql = format!(
            "INSERT INTO job_attempts (job_id, attempt, worker, started_at, log)
             SELECT jobs.id, r.attempt, coalesce(jobs.worker, ''), coalesce(jobs.started_at, jobs.created_at), substr(r.line, 1, {log_bytes_max})
             FROM {columns} JOIN jobs ON jobs.id = r.id WHERE true
             ON CONFLICT (job_id, attempt) DO UPDATE SET log = substr(coalesce(job_attempts.log, '') || excluded.log, 1, {log_bytes_max})"
        );
        let parameter = lines.into_iter().map(|((id, attempt), line)| json!({ "id": hex(id), "attempt": attempt, "line": line })).collect();
        txn.execute_raw(statement(engine, sql, [Value::Array(parameter).into()])).await?;
    }
    if !progress.is_empty() {
        let columns = rows(engine, &[("id", Col::Uuid), ("attempt", Col::Int), ("progress", Col::Json)]);
        let sql = format!(
            "UPDATE jobs SET progress = r.progress FROM {columns} WHERE jobs.id = r.id AND jobs.attempt = r.attempt AND jobs.state = 'running'"
        );
        let parameter = progress
            .into_iter()
            .map(|((id, attempt), progress)| json!({ "id": hex(id), "attempt": attempt, "progress": progress }))
            .collect();
        txn.execute_raw(statement(engine, sql, [Value::Array(parameter).into()])).await?;
    }
    txn.commit().await
}

/// Write the progress of one attempt. Answers whether it holds the job.
pub(crate) async fn progress_in(txn: &Txn, job_id: JobId, attempt: i32, progress: &Value) -> Result<bool, DbErr> {
    let sql = "UPDATE jobs SET progress = $3 WHERE id = $1 AND attempt = $2 AND state = 'running'";
    let values = [job_id.into(), attempt.into(), nul::json(progress).into()];
    Ok(txn.execute_raw(statement(txn.engine(), sql, values)).await?.rows_affected() == 1)
}

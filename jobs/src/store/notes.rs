//! Log lines and progress of running attempts, written in bunches.

use std::borrow::Cow;
use std::collections::BTreeMap;

use entities::id::JobId;
use platform::{Db, Engine, Txn};
use sea_orm::{ConnectionTrait as _, DbErr};
use serde_json::{Value, json};

use super::nul;
use super::sql::{Col, hex, rows, statement};

/// Stands at the end of a log of which the rest is not kept.
const CUT: &str = "\n… the log is cut here …\n";

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

/// Write the notes: lines are added up to `log_bytes_max` per attempt, with a mark where they are cut off; of progress the newest word wins.
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
        let kept = kept_bytes(&txn, lines.keys()).await?;
        let columns = rows(engine, &[("id", Col::Uuid), ("attempt", Col::Int), ("line", Col::Text)]);
        // The attempt's row is made by its first line or by its end, whichever comes first.
        let sql = format!(
            "INSERT INTO job_attempts (job_id, attempt, worker, started_at, log)
             SELECT jobs.id, r.attempt, coalesce(jobs.worker, ''), coalesce(jobs.started_at, jobs.created_at), r.line
             FROM {columns} JOIN jobs ON jobs.id = r.id WHERE true
             ON CONFLICT (job_id, attempt) DO UPDATE SET log = coalesce(job_attempts.log, '') || excluded.log"
        );
        let added = lines.iter().map(|(of, lines)| {
            let line = that_fits(lines, kept.get(of).copied().unwrap_or(0), log_bytes_max);
            json!({ "id": hex(of.0), "attempt": of.1, "line": line })
        });
        let parameter = added.collect();
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

/// How long the logs of these attempts are. Only the process that holds a job writes its log, so nothing is added in between.
async fn kept_bytes(txn: &Txn, of: impl Iterator<Item = &(JobId, i32)>) -> Result<BTreeMap<(JobId, i32), usize>, DbErr> {
    let engine = txn.engine();
    let bytes = match engine {
        Engine::Postgres => "octet_length(a.log)",
        Engine::Sqlite => "length(CAST(a.log AS BLOB))",
    };
    let sql = format!(
        "SELECT a.job_id, a.attempt, CAST({bytes} AS BIGINT) AS bytes
         FROM {} JOIN job_attempts a ON a.job_id = r.id AND a.attempt = r.attempt WHERE a.log IS NOT NULL",
        rows(engine, &[("id", Col::Uuid), ("attempt", Col::Int)])
    );
    let parameter = of.map(|(id, attempt)| json!({ "id": hex(*id), "attempt": attempt })).collect();
    let found = txn.query_all_raw(statement(engine, sql, [Value::Array(parameter).into()])).await?;
    let read = found.iter().map(|row| {
        let bytes = usize::try_from(row.try_get::<i64>("", "bytes")?).unwrap_or(usize::MAX);
        Ok(((row.try_get("", "job_id")?, row.try_get("", "attempt")?), bytes))
    });
    read.collect()
}

/// What is added to a log of so many bytes. Where it would grow too long its end is the mark, and behind the mark there is no room.
fn that_fits(lines: &str, kept_bytes: usize, bytes_max: usize) -> Cow<'_, str> {
    let room = bytes_max.saturating_sub(CUT.len());
    if kept_bytes > room {
        return Cow::Borrowed("");
    }
    if lines.len() <= room - kept_bytes {
        return Cow::Borrowed(lines);
    }
    let mut cut = format!("{}{CUT}", &lines[..lines.floor_char_boundary(room - kept_bytes)]);
    cut.truncate(cut.floor_char_boundary(bytes_max - kept_bytes));
    Cow::Owned(cut)
}

/// Write the progress of one attempt. Answers whether it holds the job.
pub(crate) async fn progress_in(txn: &Txn, job_id: JobId, attempt: i32, progress: &Value) -> Result<bool, DbErr> {
    let sql = "UPDATE jobs SET progress = $3 WHERE id = $1 AND attempt = $2 AND state = 'running'";
    let values = [job_id.into(), attempt.into(), nul::json(progress).into()];
    Ok(txn.execute_raw(statement(txn.engine(), sql, values)).await?.rows_affected() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_never_has_more_bytes_than_it_may_and_says_where_it_was_cut() {
        for bytes_max in [0, 5, CUT.len(), 60, 61, 62, 63, 1_000] {
            let mut log = String::new();
            for _ in 0..40 {
                let more = that_fits("écrit\n", log.len(), bytes_max).into_owned();
                log.push_str(&more);
            }
            assert!(log.len() <= bytes_max, "{bytes_max}: {log}");
            assert_eq!(log.matches(CUT).count(), usize::from(bytes_max >= CUT.len() && bytes_max < 1_000), "{bytes_max}: {log}");
            assert!(bytes_max < CUT.len() || bytes_max == 1_000 || log.ends_with(CUT), "{log}");
        }
    }
}

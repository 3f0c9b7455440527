//! Which indexes ought to be there and how they ought to be made, read from the history itself, and which are not so.

use std::fmt;

use sea_orm_migration::sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr, QueryResult, RuntimeErr, Statement,
    TransactionTrait as _, sqlx,
};

use crate::history;

/// An index of the schema that the database does not have, or has otherwise than the history makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongIndex {
    pub name: String,
    pub table: String,
    pub wrong: Wrong,
}

/// What is wrong with an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    Missing,
    /// It has the name, and other columns, another order, another predicate, or it is unique where it ought not to be, or the reverse.
    Different,
}

impl fmt::Display for WrongIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wrong = match self.wrong {
            Wrong::Missing => "missing",
            Wrong::Different => "different",
        };
        write!(f, "{wrong}: {} on {}", self.name, self.table)
    }
}

/// Compare the database with the history. An empty answer means that every index is there, as it was made.
///
/// # Errors
/// When the database cannot be asked. PostgreSQL has to allow temporary tables, which it does unless somebody took the right away.
pub async fn wrong_indexes(db: &DatabaseConnection) -> Result<Vec<WrongIndex>, DbErr> {
    let engine = db.get_database_backend();
    let mut declared = Vec::new();
    for step in history::steps() {
        declare(&step.up_for(engine)?, &mut declared);
    }
    let mut wrong = Vec::new();
    let txn = db.begin().await?;
    for Index { name, table, sql } in declared {
        let found = match engine {
            DatabaseBackend::Sqlite => on_sqlite(&txn, &name, &sql).await?,
            _ => on_postgres(&txn, &name, &table, &sql).await?,
        };
        wrong.extend(found.map(|wrong| WrongIndex { name, table, wrong }));
    }
    txn.rollback().await?;
    Ok(wrong)
}

/// SQLite keeps the words with which an index was made.
async fn on_sqlite(txn: &DatabaseTransaction, name: &str, sql: &str) -> Result<Option<Wrong>, DbErr> {
    let kept = "SELECT sql AS definition FROM sqlite_master WHERE type = 'index' AND name = $1";
    let Some(kept) = definition(txn, kept, name).await? else { return Ok(Some(Wrong::Missing)) };
    Ok((plain(&kept) != plain(sql)).then_some(Wrong::Different))
}

/// PostgreSQL spells an index in words of its own, so the one that ought to be there is made beside it, on an empty table that is taken back.
/// One that a failed `CREATE INDEX CONCURRENTLY` left behind is there and useless.
async fn on_postgres(txn: &DatabaseTransaction, name: &str, table: &str, sql: &str) -> Result<Option<Wrong>, DbErr> {
    const SPELLED: &str = "SELECT i.indisunique::text || substring(pg_get_indexdef(c.oid) FROM ' USING .*$') AS definition
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid";
    let of_the_schema = format!(
        "{SPELLED} WHERE c.relname = $1 AND c.relnamespace = current_schema()::regnamespace AND i.indisvalid AND t.relname = '{table}'"
    );
    let Some(held) = definition(txn, &of_the_schema, name).await? else { return Ok(Some(Wrong::Missing)) };
    let beside = txn.begin().await?;
    let (start, rest) = sql.split_once(&format!(" ON {table}")).unwrap_or((sql, ""));
    let make = format!("CREATE TEMPORARY TABLE wanted (LIKE {table}); {} ON wanted{rest}", start.replace(name, "wanted_index"));
    let wanted = match beside.execute_unprepared(&make).await {
        Ok(_) => {
            definition(&beside, &format!("{SPELLED} WHERE c.relname = $1 AND c.relnamespace = pg_my_temp_schema()"), "wanted_index").await?
        }
        Err(error) if table_has_changed(&error) => None,
        Err(error) => return Err(error),
    };
    beside.rollback().await?;
    Ok((wanted != Some(held)).then_some(Wrong::Different))
}

/// PostgreSQL's codes for what is not there: a column, a function, another thing such as a class of operators.
const NOT_THERE: [&str; 3] = ["42703", "42883", "42704"];

/// The index cannot be made, because the table has no such column or function any more: what bears its name is another one.
fn table_has_changed(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(source)) | DbErr::Query(RuntimeErr::SqlxError(source))) = error else { return false };
    let sqlx::Error::Database(refused) = &**source else { return false };
    refused.code().is_some_and(|code| NOT_THERE.contains(&&*code))
}

async fn definition(txn: &DatabaseTransaction, sql: &str, name: &str) -> Result<Option<String>, DbErr> {
    let row: Option<QueryResult> =
        txn.query_one_raw(Statement::from_sql_and_values(txn.get_database_backend(), sql, [name.into()])).await?;
    row.map(|row| row.try_get("", "definition")).transpose()
}

/// An index as the history declares it.
#[derive(Debug, PartialEq, Eq)]
struct Index {
    name: String,
    table: String,
    /// The whole statement.
    sql: String,
}

/// Every `CREATE [UNIQUE] INDEX <name> ON <table> …` of an SQL text, after what earlier texts declared; `DROP INDEX <name>` takes one back.
fn declare(text: &str, declared: &mut Vec<Index>) {
    for statement in text.split(';').map(|statement| statement.split_whitespace().collect::<Vec<_>>()) {
        match statement.as_slice() {
            ["CREATE", "INDEX", name, "ON", on, ..] | ["CREATE", "UNIQUE", "INDEX", name, "ON", on, ..] => {
                let table = on.split('(').next().unwrap_or(on);
                declared.push(Index { name: (*name).to_owned(), table: table.to_owned(), sql: statement.join(" ") });
            }
            ["DROP", "INDEX", name] | ["DROP", "INDEX", "IF", "EXISTS", name] => declared.retain(|index| index.name != *name),
            _ => {}
        }
    }
}

/// The words without what means nothing: space, quotes and case.
fn plain(sql: &str) -> String {
    sql.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '`' | '[' | ']')).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_is_what_the_history_declares_and_has_not_taken_back() {
        let mut declared = Vec::new();
        declare("CREATE UNIQUE INDEX a_b ON a (b);\nCREATE INDEX c_d ON c(d)\n WHERE d IS NOT NULL;", &mut declared);
        declare("CREATE TABLE e (f BIGINT);\nDROP INDEX a_b;", &mut declared);
        let found: Vec<_> = declared.iter().map(|index| (index.name.as_str(), index.table.as_str(), index.sql.as_str())).collect();
        assert_eq!(found, [("c_d", "c", "CREATE INDEX c_d ON c(d) WHERE d IS NOT NULL")]);
    }

    #[test]
    fn the_same_index_in_other_spelling_is_the_same() {
        assert_eq!(plain("CREATE INDEX \"a_b\" ON a(b,  c DESC)"), plain("create index a_b on a (b, c desc)"));
    }
}

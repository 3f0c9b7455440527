//! Which indexes ought to be there, read from the history itself, and which are not.

use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};

use crate::history;

/// An index of the schema that the database does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingIndex {
    pub name: String,
    pub table: String,
}

/// Compare the database with the history. An empty answer means that every index is there.
///
/// # Errors
/// When the database cannot be asked.
pub async fn missing_indexes(db: &DatabaseConnection) -> Result<Vec<MissingIndex>, DbErr> {
    let engine = db.get_database_backend();
    let listing = match engine {
        sea_orm_migration::sea_orm::DatabaseBackend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'index'",
        // An index that a failed CREATE INDEX CONCURRENTLY left behind is there and useless.
        _ => {
            "SELECT c.relname::text AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
             JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND i.indisvalid"
        }
    };
    let rows = db.query_all_raw(Statement::from_string(engine, listing)).await?;
    let present = rows.iter().map(|row| row.try_get::<String>("", "name")).collect::<Result<Vec<_>, _>>()?;
    let mut missing = Vec::new();
    for step in history::steps() {
        let wanted = declared(&step.up_for(engine)?);
        missing.extend(wanted.into_iter().filter(|index| !present.contains(&index.name)));
    }
    Ok(missing)
}

/// Every `CREATE [UNIQUE] INDEX <name> ON <table>` of an SQL text.
fn declared(sql: &str) -> Vec<MissingIndex> {
    let words: Vec<&str> = sql.split_whitespace().collect();
    words
        .windows(4)
        .filter(|w| w[0] == "INDEX" && w[2] == "ON")
        .map(|w| MissingIndex { name: w[1].to_owned(), table: w[3].split('(').next().unwrap_or(w[3]).to_owned() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_is_what_the_history_declares() {
        let sql = "CREATE UNIQUE INDEX a_b ON a (b);\nCREATE INDEX c_d ON c(d) WHERE d IS NOT NULL;";
        let names: Vec<_> = declared(sql).into_iter().map(|index| (index.name, index.table)).collect();
        assert_eq!(names, [("a_b".into(), "a".into()), ("c_d".into(), "c".into())]);
    }
}

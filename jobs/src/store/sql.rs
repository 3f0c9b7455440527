//! Rows as one JSON parameter, so that a statement has one text for any number of them.

use entities::id::JobId;
use platform::Engine;
use sea_orm::{DatabaseBackend, Statement, Value};
use uuid::Uuid;

/// A type of a column that travels inside the JSON parameter.
#[derive(Debug, Clone, Copy)]
pub enum Col {
    Uuid,
    Text,
    Int,
    Big,
    Bool,
    Json,
}

/// A table expression named `r` over the JSON array of objects in parameter `$1`.
#[must_use]
pub fn rows(engine: Engine, columns: &[(&str, Col)]) -> String {
    match engine {
        Engine::Postgres => {
            let typed: Vec<_> = columns.iter().map(|(name, col)| format!("{name} {}", postgres_type(*col))).collect();
            format!("jsonb_to_recordset($1) AS r({})", typed.join(", "))
        }
        Engine::Sqlite => {
            let picked: Vec<_> = columns.iter().map(|(name, col)| format!("{} AS {name}", sqlite_pick(name, *col))).collect();
            format!("(SELECT {} FROM json_each($1)) AS r", picked.join(", "))
        }
    }
}

fn postgres_type(col: Col) -> &'static str {
    match col {
        Col::Uuid => "uuid",
        Col::Text => "text",
        Col::Int => "integer",
        Col::Big => "bigint",
        Col::Bool => "boolean",
        Col::Json => "jsonb",
    }
}

fn sqlite_pick(name: &str, col: Col) -> String {
    match col {
        Col::Uuid => format!("unhex(value ->> '{name}')"),
        // `->` keeps JSON as JSON; a JSON null is no value at all.
        Col::Json => format!("nullif(value -> '{name}', 'null')"),
        Col::Text | Col::Int | Col::Big | Col::Bool => format!("value ->> '{name}'"),
    }
}

/// An id as it stands in the JSON parameter: both engines read it.
pub(crate) fn hex(id: JobId) -> String {
    Uuid::from(id).as_simple().to_string()
}

pub(crate) fn statement(engine: Engine, sql: impl Into<String>, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(backend(engine), sql, values)
}

pub(crate) fn backend(engine: Engine) -> DatabaseBackend {
    match engine {
        Engine::Sqlite => DatabaseBackend::Sqlite,
        Engine::Postgres => DatabaseBackend::Postgres,
    }
}

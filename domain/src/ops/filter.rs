//! Which jobs an operator means: one filter for lists and for bulk actions, and its spelling in SQL.

use ::jobs::Pool;
use ::jobs::kinds::JobKind;
use entities::Timestamp;
use entities::id::JobId;
use entities::job::{self, State};
use platform::Engine;
use sea_orm::sea_query::extension::postgres::PgBinOper;
use sea_orm::sea_query::{Expr, ExprTrait as _, LikeExpr, SimpleExpr};
use sea_orm::{ColumnTrait as _, Condition};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::OpsError;
use super::jobs::LIVE;
use crate::moments::{CLOCKS_APART_US_MAX, earliest_id};

/// Which jobs are meant. An empty filter means all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JobFilter {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Any of these; empty means every state.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<State>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<Pool>,
    /// An id, a part of a kind's name, or a part of an error's text (of its first 1000 characters, on PostgreSQL).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What one may not read, one may not search either: `text` does not look into errors, and `args` are refused.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub content_hidden: bool,
    /// All of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<ArgMatch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_after: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_before: Option<Timestamp>,
}

/// A value at a path of the payload: `execution_id` is `exe_…`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArgMatch {
    /// Names of fields, separated by dots.
    pub path: String,
    /// A text, or the JSON spelling of a number or truth value.
    pub value: String,
}

impl ArgMatch {
    fn names(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.path.split('.')
    }

    /// What the value may be: the text, and the number or truth value that it spells.
    fn readings(&self) -> Vec<Value> {
        let plain = serde_json::from_str::<Value>(&self.value).ok().filter(|value| value.is_number() || value.is_boolean());
        std::iter::once(Value::from(self.value.as_str())).chain(plain).collect()
    }

    fn condition(&self, engine: Engine) -> Condition {
        let readings: Vec<SimpleExpr> = self.readings().into_iter().map(|value| self.is(engine, value)).collect();
        let any = readings.iter().cloned().fold(Condition::any(), Condition::add);
        match engine {
            Engine::Sqlite => any,
            // The index on payloads holds what has ended; what is live has small indexes of its own.
            Engine::Postgres => {
                let ended = || job::Column::FinishedAt.is_not_null();
                let live = Condition::all().add(in_states(engine, &LIVE)).add(any);
                readings.into_iter().fold(Condition::any().add(live), |all, reading| all.add(ended().and(reading)))
            }
        }
    }

    fn is(&self, engine: Engine, value: Value) -> SimpleExpr {
        match engine {
            Engine::Postgres => {
                let document = self.names().rev().fold(value, |inner, name| json!({ name: inner }));
                Expr::cust_with_values("payload @> $1", [document])
            }
            Engine::Sqlite => {
                let path = self.names().fold("$".to_owned(), |path, name| format!("{path}.\"{}\"", name.replace('"', "\\\"")));
                Expr::cust_with_values("payload -> ? = ?", [path, value.to_string()])
            }
        }
    }
}

impl JobFilter {
    /// # Errors
    /// When a part of it can never match, or looks into payloads that the caller may not read.
    pub fn check(&self) -> Result<(), OpsError> {
        if let Some(wrong) = self.args.iter().find(|arg| arg.names().any(str::is_empty)) {
            return Err(OpsError::field(format!("args.{}", wrong.path), "a path is names separated by dots"));
        }
        if let Some(arg) = self.args.first().filter(|_| self.content_hidden) {
            return Err(OpsError::field(format!("args.{}", arg.path), "only architects see payloads, so only they search them"));
        }
        Ok(())
    }

    pub(super) fn condition(&self, engine: Engine) -> Condition {
        let mut all = Condition::all()
            .add_option(self.kind.as_deref().map(|kind| job::Column::Kind.eq(kind)))
            .add_option(self.pool.map(|pool| job::Column::Pool.eq(pool.name())))
            .add_option((!self.states.is_empty()).then(|| in_states(engine, &self.states)))
            .add_option(self.created_after.map(|moment| job::Column::CreatedAt.gte(moment)))
            .add_option(self.created_before.map(|moment| job::Column::CreatedAt.lt(moment)));
        // Times are searched along the ids, which are in order already.
        let first: Option<JobId> = self.created_after.map(|moment| earliest_id(moment.micros().saturating_sub(CLOCKS_APART_US_MAX)));
        let last: Option<JobId> = self.created_before.map(|moment| earliest_id(moment.micros().saturating_add(CLOCKS_APART_US_MAX)));
        all = all.add_option(first.map(|id| job::Column::Id.gte(id))).add_option(last.map(|id| job::Column::Id.lt(id)));
        if let Some(text) = self.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            all = all.add(text_condition(engine, text, self.content_hidden));
        }
        self.args.iter().fold(all, |all, arg| all.add(arg.condition(engine)))
    }
}

/// PostgreSQL reads live states from indexes that hold only those, provided that each condition is spelled as its index is.
fn in_states(engine: Engine, states: &[State]) -> Condition {
    let is_in = |some: &[State]| job::Column::State.is_in(some.iter().copied());
    if engine == Engine::Sqlite {
        return Condition::any().add(is_in(states));
    }
    let (running, others): (Vec<State>, Vec<State>) = states.iter().partition(|state| **state == State::Running);
    let (ended, waiting): (Vec<State>, Vec<State>) = others.iter().partition(|state| state.is_final());
    let mut any = Condition::any();
    if !running.is_empty() {
        any = any.add(job::Column::State.eq(State::Running));
    }
    if !ended.is_empty() {
        any = any.add(is_in(&ended));
    }
    if !waiting.is_empty() {
        let keyed = job::Column::ConcurrencyKey;
        any = any.add(is_in(&waiting).and(keyed.is_null())).add(is_in(&waiting).and(keyed.is_not_null()));
    }
    any
}

fn text_condition(engine: Engine, text: &str, content_hidden: bool) -> SimpleExpr {
    if let Ok(id) = text.parse::<JobId>() {
        return job::Column::Id.eq(id);
    }
    let lower = text.to_lowercase();
    let kinds: Vec<&str> = JobKind::ALL.iter().map(|kind| kind.name()).filter(|name| name.contains(&lower)).collect();
    if content_hidden {
        return job::Column::Kind.is_in(kinds);
    }
    let escaped = text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    let pattern = format!("%{escaped}%");
    let error = Expr::col((job::Entity, job::Column::LastError));
    let error = match engine {
        // SQLite's LIKE ignores the case of ASCII letters. Its index holds errors and no absence of one.
        Engine::Sqlite => job::Column::LastError.is_not_null().and(error.like(LikeExpr::new(pattern).escape('\\'))),
        Engine::Postgres => {
            let holds = error.cast_as("text").binary(PgBinOper::ILike, Expr::val(pattern));
            match text.chars().count() {
                0..3 => holds,
                _ => holds.and(Expr::cust_with_values("job_error_trigrams(last_error) @> job_error_trigrams($1)", [text])),
            }
        }
    };
    if kinds.is_empty() { error } else { job::Column::Kind.is_in(kinds).or(error) }
}

//! Payments that arrive together commit together. Nobody waits for company: whoever finds no commit under way takes all that wait and commits them,
//! and meanwhile the next ones gather. So one alone is as fast as it can be, and many share their statements, their locks and their fsync.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use entities::id::{ProfileId, UserId};
use entities::profile::Kind;
use platform::Engine;
use tokio::sync::{Semaphore, oneshot};

use super::group::{self, Asked, Way};
use super::{PayError, Payment, Settings};
use crate::context::Domain;
use crate::fault::{Class, Fault as _};
use crate::idempotency::Once;
use crate::ledger::LedgerError;
use crate::sql::refusal;

type Answer = Result<Once<Payment>, PayError>;

/// How often a group is tried that met somebody else's transaction.
const TRIES: usize = 4;
/// More profiles than this are not remembered at once.
const PROFILES_MAX: usize = 100_000;

/// Where payments of this process meet. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Desk(Arc<Inner>);

struct Inner {
    waiting: Mutex<Vec<Waiting>>,
    turns: Semaphore,
    profiles: Mutex<HashMap<(UserId, Kind), ProfileId>>,
}

struct Waiting {
    asked: Asked,
    answer: oneshot::Sender<Answer>,
}

impl Desk {
    pub fn new(settings: &Settings) -> Self {
        Self(Arc::new(Inner { waiting: Mutex::default(), turns: Semaphore::new(settings.groups_max.max(1)), profiles: Mutex::default() }))
    }

    /// Pay, in whoever's group it falls. Whoever goes away while serving others leaves them unanswered, not unpaid twice: they ask again
    /// with the same ids.
    pub async fn pay(&self, domain: &Domain, asked: Asked) -> Answer {
        loop {
            let (answer, answered) = oneshot::channel();
            lock(&self.0.waiting).push(Waiting { asked: asked.clone(), answer });
            if let Some(said) = self.served(domain, answered).await {
                return said;
            }
        }
    }

    /// Wait for the answer, and serve whoever waits as long as nobody else does. `None` when whoever had taken it went away.
    async fn served(&self, domain: &Domain, mut answered: oneshot::Receiver<Answer>) -> Option<Answer> {
        loop {
            let turn = tokio::select! {
                biased;
                said = &mut answered => return said.ok(),
                turn = self.0.turns.acquire() => turn,
            };
            // Those who were just answered may be about to ask again: let them come, instead of making a group of whoever is first.
            tokio::task::yield_now().await;
            let (group, are_all) = self.group(domain.settings.payments.group_payments_max);
            serve(domain, group).await;
            drop(turn);
            if are_all {
                // Our own was among them, or somebody had taken it before.
                return answered.await.ok();
            }
        }
    }

    /// Those who wait, up to a bound, and whether they are all. Who went away is left out.
    fn group(&self, payments_max: usize) -> (Vec<Waiting>, bool) {
        let mut waiting = lock(&self.0.waiting);
        let rest = if waiting.len() > payments_max { waiting.split_off(payments_max.max(1)) } else { Vec::new() };
        let are_all = rest.is_empty();
        let mut group = mem::replace(&mut *waiting, rest);
        drop(waiting);
        group.retain(|waiting| !waiting.answer.is_closed());
        (group, are_all)
    }

    pub fn profile(&self, user_id: UserId, kind: Kind) -> Option<ProfileId> {
        lock(&self.0.profiles).get(&(user_id, kind)).copied()
    }

    pub fn keep_profile(&self, user_id: UserId, kind: Kind, profile_id: ProfileId) {
        let mut profiles = lock(&self.0.profiles);
        if profiles.len() >= PROFILES_MAX {
            profiles.clear();
        }
        profiles.insert((user_id, kind), profile_id);
    }
}

/// Commit a group and tell everybody. What the database refuses to a group is tried one by one, so that nobody pays for a neighbour.
async fn serve(domain: &Domain, group: Vec<Waiting>) {
    if group.is_empty() {
        return;
    }
    metrics::histogram!("tallyman_payments_of_group").record(u32::try_from(group.len()).unwrap_or(u32::MAX));
    let asked: Vec<Asked> = group.iter().map(|waiting| waiting.asked.clone()).collect();
    match commit(domain, &asked).await {
        Ok(answers) => tell(group, answers),
        Err(error) if group.len() > 1 && (met_somebody(&error) || error.class() != Class::Unavailable) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                payments = group.len(),
                "a group of payments was refused; trying one by one"
            );
            for waiting in group {
                let answers = commit(domain, std::slice::from_ref(&waiting.asked)).await;
                let answer = answers.map(|mut answers| answers.remove(0));
                tell(vec![waiting], vec![answer.unwrap_or_else(|error| Err(error.into()))]);
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            let answers = group.iter().map(|_| Err(PayError::Ledger(Arc::clone(&error)))).collect();
            tell(group, answers);
        }
    }
}

fn tell(group: Vec<Waiting>, answers: Vec<Answer>) {
    for (waiting, answer) in group.into_iter().zip(answers) {
        let outcome = match &answer {
            Ok(Once::First(_)) => "paid",
            Ok(Once::Again(_)) => "repeated",
            Err(error) => error.code(),
        };
        metrics::counter!("tallyman_payments_total", "outcome" => outcome).increment(1);
        // Whoever has gone away may ask again.
        let _ = waiting.answer.send(answer);
    }
}

async fn commit(domain: &Domain, asked: &[Asked]) -> Result<Vec<Answer>, LedgerError> {
    // SQLite has one writer, so there is nothing to be won by haste.
    let mut way = if domain.db.engine() == Engine::Postgres { Way::Fast } else { Way::Sure };
    let mut tries = 1;
    loop {
        match once(domain, asked, way).await {
            Err(error) if tries < TRIES && met_somebody(&error) => (tries, way) = (tries + 1, Way::Sure),
            // What a rule of the database refuses to haste, a rule of the ledger may refuse to one of them.
            Err(error) if way == Way::Fast && error.class() == Class::Bug => way = Way::Sure,
            done => return done,
        }
    }
}

async fn once(domain: &Domain, asked: &[Asked], way: Way) -> Result<Vec<Answer>, LedgerError> {
    let txn = domain.db.write().await?;
    let answers = group::run(domain, &txn, asked, way).await?;
    txn.commit().await?;
    Ok(answers)
}

/// Somebody wrote the same rows; PostgreSQL rolls one of two back.
fn met_somebody(error: &LedgerError) -> bool {
    match error {
        LedgerError::Raced => true,
        LedgerError::Database(error) => refusal(error).is_some_and(|code| code.len() == 5 && code.starts_with("40")),
        LedgerError::Refused(_) => false,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

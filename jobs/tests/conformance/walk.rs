//! A long random walk over everything that may happen to jobs, beside a model that fits on a page.

use std::collections::HashMap;

use entities::id::JobId;
use entities::job::State;
use jobs::store::claim::Claimed;
use jobs::store::lease::{begin, reclaim};
use jobs::{Concurrency, JobError, NewJob, Outcome};
use sea_orm::EntityTrait as _;
use serde_json::json;

use crate::rig::{Rig, boom, job};

crate::on_every_engine!(a_random_walk_finds_no_state_that_the_model_has_not);

const SEED: u64 = 20_261_125;
const KEY_MAX: usize = 2;

/// What a job's row has to say.
#[derive(Debug, Clone, PartialEq)]
struct Model {
    state: State,
    attempt: i32,
    failures: i32,
    deaths: i32,
    begun: bool,
    asked_to_end: bool,
    keyed: bool,
    failures_max: i32,
    deaths_max: i32,
}

impl Model {
    fn waits(&self) -> bool {
        matches!(self.state, State::Queued | State::Retrying)
    }

    fn claim(&mut self) {
        self.attempt += 1;
        self.begun = self.deaths == 0 || self.deaths + 1 < self.deaths_max;
        self.state = State::Running;
    }

    fn end(&mut self, outcome: &Outcome) {
        self.failures += i32::from(matches!(outcome, Outcome::Errored(_) | Outcome::Failed(_)));
        self.state = match outcome {
            Outcome::Succeeded(_) | Outcome::Settled => State::Succeeded,
            Outcome::Failed(_) => State::Failed,
            _ if self.asked_to_end => State::Cancelled,
            Outcome::Errored(_) if self.failures >= self.failures_max => State::Failed,
            Outcome::Errored(_) => State::Retrying,
            Outcome::Cancelled | Outcome::Snoozed { .. } | Outcome::Released => State::Queued,
        };
    }

    fn lose_worker(&mut self) {
        self.deaths += i32::from(self.begun);
        self.state = match self {
            _ if self.deaths >= self.deaths_max => State::Quarantined,
            _ if self.asked_to_end => State::Cancelled,
            _ => State::Queued,
        };
    }

    fn cancel(&mut self) {
        self.asked_to_end |= self.waits() || self.state == State::Running;
        if self.waits() {
            self.state = State::Cancelled;
        }
    }
}

/// The same walk for the same seed.
struct Dice(u64);

impl Dice {
    /// Below `sides`.
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }

    fn outcome(&mut self) -> Outcome {
        match self.throw(7) {
            0 | 1 => Outcome::Succeeded(json!({ "n": 1 })),
            2 => Outcome::Failed(JobError::new("no-such-thing", "there is no such thing")),
            3 => Outcome::Cancelled,
            4 => Outcome::Snoozed { delay: std::time::Duration::ZERO, why: "something is away".into() },
            5 => Outcome::Released,
            _ => boom(),
        }
    }
}

struct Walk {
    rig: Rig,
    dice: Dice,
    models: HashMap<JobId, Model>,
    held: Vec<Claimed>,
}

async fn a_random_walk_finds_no_state_that_the_model_has_not(rig: Rig) {
    let steps = if testkit::long_campaigns() { 20_000 } else { 2_000 };
    let mut walk = Walk { rig, dice: Dice(SEED), models: HashMap::new(), held: Vec::new() };
    for step in 0..steps {
        let what = walk.step().await;
        if step % 50 == 0 || step + 1 == steps {
            walk.compare(&format!("after step {step} of seed {SEED}, {what}")).await;
        }
    }
}

impl Walk {
    async fn step(&mut self) -> &'static str {
        match self.dice.throw(10) {
            0 | 1 => self.enqueue().await,
            2 | 3 => self.claim().await,
            4..=6 => self.end().await,
            7 => self.begin().await,
            8 => self.cancel().await,
            _ => self.lose_a_worker().await,
        }
    }

    async fn enqueue(&mut self) -> &'static str {
        let (keyed, failures_max, deaths_max) = (self.dice.throw(3) == 0, 1 + self.dice.throw(3), 1 + self.dice.throw(3));
        let concurrency = keyed.then(|| Concurrency { key: "tenant".into(), running_max: u32::try_from(KEY_MAX).ok(), rate: None });
        let [failures_max, deaths_max] = [failures_max, deaths_max].map(|max| u32::try_from(max).expect("it is small"));
        let id = self.rig.enqueue_one(NewJob { concurrency, failures_max, deaths_max, ..job() }).await;
        let [failures_max, deaths_max] = [failures_max, deaths_max].map(u32::cast_signed);
        let (state, begun, asked_to_end) = (State::Queued, false, false);
        self.models.insert(id, Model { state, attempt: 0, failures: 0, deaths: 0, begun, asked_to_end, keyed, failures_max, deaths_max });
        "a job was enqueued"
    }

    async fn claim(&mut self) -> &'static str {
        let jobs_max = 1 + self.dice.throw(5);
        let count = |of: &dyn Fn(&Model) -> bool| self.models.values().filter(|model| of(model)).count();
        let places = KEY_MAX - count(&|model| model.keyed && model.state == State::Running);
        let may_start = count(&|model| !model.keyed && model.waits()) + places.min(count(&|model| model.keyed && model.waits()));
        let claimed = self.rig.claim(u32::try_from(jobs_max).expect("it is small")).await;
        assert_eq!(claimed.len(), jobs_max.min(may_start), "all that may start and no more");
        for job in &claimed {
            let model = self.models.get_mut(&job.id).expect("it was enqueued");
            assert!(model.waits(), "{model:?} was claimed");
            model.claim();
            assert_eq!((job.attempt, job.failures, job.begun, job.keyed), (model.attempt, model.failures, model.begun, model.keyed));
        }
        self.held.extend(claimed);
        "jobs were claimed"
    }

    /// A worker says how its attempt ended, also when it has lost it long ago.
    async fn end(&mut self) -> &'static str {
        if self.held.is_empty() {
            return "nothing ended";
        }
        let job = self.held.swap_remove(self.dice.throw(self.held.len()));
        let outcome = self.dice.outcome();
        let model = self.models.get_mut(&job.id).expect("it was enqueued");
        let holds = model.state == State::Running && model.attempt == job.attempt;
        assert_eq!(self.rig.finish(&job, outcome.clone()).await, holds, "{outcome:?} of attempt {} for {model:?}", job.attempt);
        if holds {
            model.end(&outcome);
        }
        "an attempt ended"
    }

    async fn begin(&mut self) -> &'static str {
        let Some(job) = self.held.iter().find(|job| !job.begun) else { return "nobody waited to be alone" };
        let model = self.models.get_mut(&job.id).expect("it was enqueued");
        let holds = model.state == State::Running && model.attempt == job.attempt;
        assert_eq!(begin(self.rig.db(), job.id, job.attempt).await.expect("it answers"), holds);
        model.begun |= holds;
        "a job began alone"
    }

    async fn cancel(&mut self) -> &'static str {
        let mut ids: Vec<_> = self.models.keys().copied().collect();
        ids.sort();
        if ids.is_empty() {
            return "nothing was cancelled";
        }
        // One of the latest: the early ones have ended long ago.
        let id = ids[ids.len() - 1 - self.dice.throw(ids.len().min(20))];
        let txn = self.rig.db().write().await.expect("a transaction");
        let wake = self.rig.queue.cancel(&txn, id).await.expect("the request");
        jobs::commit(txn, wake).await.expect("the commit");
        self.models.get_mut(&id).expect("it was enqueued").cancel();
        "a job was cancelled"
    }

    async fn lose_a_worker(&mut self) -> &'static str {
        self.rig.let_leases_run_out().await;
        reclaim(self.rig.db()).await.expect("the search");
        for model in self.models.values_mut().filter(|model| model.state == State::Running) {
            model.lose_worker();
        }
        "a worker died"
    }

    async fn compare(&self, when: &str) {
        let mut running = 0;
        for row in entities::job::Entity::find().all(self.rig.db().connection()).await.expect("it answers") {
            let (id, model) = (row.id, &self.models[&row.id]);
            let is = (row.state, row.attempt, row.failures, row.deaths, row.cancel_requested_at.is_some());
            assert_eq!(is, (model.state, model.attempt, model.failures, model.deaths, model.asked_to_end), "{id} {when}");
            let over = !(model.waits() || model.state == State::Running);
            assert_eq!((row.finished_at.is_some(), row.lease_until.is_some()), (over, model.state == State::Running), "{id} {when}");
            running += i64::from(model.keyed && model.state == State::Running);
        }
        let counted = self.rig.database.count("SELECT CAST(coalesce(sum(running), 0) AS BIGINT) FROM job_limits").await;
        assert_eq!(counted, running, "the counter of the key {when}");
        let open = "SELECT count(*) FROM job_attempts WHERE finished_at IS NULL";
        assert_eq!(self.rig.database.count(open).await, 0, "attempts without an end {when}");
    }
}

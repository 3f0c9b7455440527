//! `run_agent`: one agent, one container, one result.

use std::time::Duration;

use domain::Domain;
use domain::executions::{Begun, Plan};
use domain::ports::sandbox::{Ending, Exit, Failure as Blame, ImageDigest, Sandbox, SandboxError};
use jobs::kinds::RunAgent;
use jobs::{Outcome, Run};

use super::Settings;
use crate::outcome::{AWAY, Failure, Handled, after_trouble};

const NO_ENGINE: &str = "the container engine does not answer; the run begins when it does";

/// Safe to repeat: what was recorded once is not run again, and an older attempt can record nothing any more.
///
/// # Errors
/// When the database does not answer, or the run broke off in the middle.
pub async fn handle(domain: &Domain, settings: &Settings, job: RunAgent, run: &Run) -> Handled {
    let executions = domain.executions();
    let plan = match executions.begin(job.execution_id, run).await? {
        Begun::Run(plan) => *plan,
        // An earlier attempt, or somebody else, has ended the execution: the job ends like it.
        Begun::Over(settled) => return Ok(settled.into()),
    };
    let Some(sandbox) = domain.ports().sandbox.as_deref() else { return no_sandbox(domain, &plan, run).await };
    let ended = match pinned(domain, sandbox, &plan).await {
        Ok(digest) => carry_out(domain, sandbox, &plan, digest, run).await,
        Err(error) => Err(error),
    };
    match ended {
        Ok(exit) if exit.was_stopped() && (run.is_lost() || !run.cancel().is_cancelled()) => return Ok(Outcome::Released),
        Ok(exit) => {
            if let Ending::Failed(failure) = &exit.ending {
                keep_what_was_heard(failure, run);
            }
            executions.finish(&plan, exit, run).await?
        }
        Err(Stopped::Sandbox(SandboxError::Image(failure))) => {
            keep_what_was_heard(&failure, run);
            executions.refuse(job.execution_id, &failure, run).await?
        }
        Err(Stopped::Sandbox(error @ SandboxError::BrokeOff { .. })) => return Err(error.into()),
        Err(Stopped::Sandbox(error)) => return put_off(domain, settings, &plan, &error, run).await,
        Err(Stopped::Ours(failure)) => return Err(failure),
    };
    Ok(Outcome::Settled)
}

enum Stopped {
    Sandbox(SandboxError),
    Ours(Failure),
}

/// What exactly runs: the digest of the version, found out by its first run.
async fn pinned(domain: &Domain, sandbox: &dyn Sandbox, plan: &Plan) -> Result<ImageDigest, Stopped> {
    if let Some(digest) = &plan.digest {
        return Ok(digest.clone());
    }
    let digest = sandbox.resolve(&plan.image).await.map_err(Stopped::Sandbox)?;
    domain.executions().pin(plan, &digest).await.map_err(|error| Stopped::Ours(error.into()))
}

/// The run, with its lines on their way to the database beside it.
async fn carry_out(domain: &Domain, sandbox: &dyn Sandbox, plan: &Plan, digest: ImageDigest, run: &Run) -> Result<Exit, Stopped> {
    let (book, writer) = domain.executions().logbook(plan, run);
    let spec = plan.clone().spec(digest, run);
    let running = async {
        let ended = sandbox.run(&spec, &book, run.cancel()).await;
        drop(book);
        ended
    };
    let (ended, ()) = tokio::join!(running, writer.run());
    ended.map_err(Stopped::Sandbox)
}

/// The engine or a registry is in trouble, which is nobody's fault: the run waits, each time longer. An engine that is away says nothing about
/// the image and is waited for; any other trouble may be the image's own, and when nothing but that has been in the way for long enough, the
/// run ends.
async fn put_off(domain: &Domain, settings: &Settings, plan: &Plan, error: &SandboxError, run: &Run) -> Handled {
    let now = domain.now();
    let because = match error {
        SandboxError::Registry { image, .. } => {
            Some(format!("its registry said nothing about `{image}`; check the reference, or run it later"))
        }
        // Nobody knows yet whether an image on its way comes: it ends no run. If it never does, the trouble began here.
        SandboxError::Pulling { .. } => {
            domain.executions().put_off(plan, &in_the_way(error), plan.trouble_since.or(Some(now)), run).await?;
            return Ok(Outcome::Snoozed { delay: AWAY, why: error.to_string() });
        }
        SandboxError::Engine { .. } => Some("the container engine could not start it; an operator can see why and try it again".into()),
        _ => None,
    };
    let since = because.is_some().then(|| plan.trouble_since.unwrap_or(now));
    let lasted = now.since(since.or(plan.waiting_since).unwrap_or(now));
    if let Some(because) = because.filter(|_| lasted >= Duration::from_secs(settings.trouble_seconds_max.into())) {
        tracing::error!(%error, "gave a run up after {} s", lasted.as_secs());
        run.log(error.to_string());
        domain.executions().give_up(plan.execution_id, &format!("for {} s {because}", lasted.as_secs()), run).await?;
        return Ok(Outcome::Settled);
    }
    domain.executions().put_off(plan, &in_the_way(error), since, run).await?;
    Ok(Outcome::Snoozed { delay: after_trouble(lasted), why: error.to_string() })
}

/// What is in the way of a run, for its user.
fn in_the_way(error: &SandboxError) -> String {
    match error {
        SandboxError::Registry { image, .. } => format!(
            "the image `{image}` cannot be fetched now: its registry says nothing about it. It is tried again by itself; check the reference if that goes on"
        ),
        SandboxError::Pulling { image } => format!("the image `{image}` is being fetched; the run begins when it is there"),
        SandboxError::Engine { .. } => "the container engine could not start it; it is tried again by itself".into(),
        SandboxError::NoUid { .. } => "the container engine has no place left; the run begins when another one has ended".into(),
        _ => NO_ENGINE.into(),
    }
}

/// The engine and registries speak of folders and hosts of the house: their words go to those who run it, never into the execution.
fn keep_what_was_heard(failure: &Blame, run: &Run) {
    if let Some(heard) = &failure.heard {
        tracing::warn!(heard, "{}", failure.message);
        run.log(heard);
    }
}

/// Another worker of the pool may have an engine; the job waits for it and nothing is counted against anybody.
async fn no_sandbox(domain: &Domain, plan: &Plan, run: &Run) -> Handled {
    domain.executions().put_off(plan, NO_ENGINE, plan.trouble_since, run).await?;
    Ok(Outcome::Snoozed { delay: AWAY, why: "this worker has no container engine".into() })
}

//! The answer of every write that a pool carries out.

use std::time::Duration;

use domain::Domain;
use domain::entities::id::JobId;
use domain::idempotency::Once;
use domain::operations::Watcher;
use platform::Tasks;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::payload::Json;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::{Any, Type as _};
use serde_json::Value;

use super::awaited::Awaited;
use super::header::{answered, idempotent_replayed};
use super::prefer::{Prefer, say_applied};
use crate::problem::{OPERATION_GONE, Problem};
use crate::v1::{Operation, OperationState};

/// Answers with operations and waits for their end. Cheap to clone.
#[derive(Clone)]
pub struct Operations {
    domain: Domain,
    watcher: Watcher,
}

/// 202 with an operation that goes on, or 200 with one that has ended while the caller waited.
pub struct Accepted {
    operation: Operation,
    granted: Option<Duration>,
    replayed: bool,
}

impl Operations {
    /// Start watching jobs for those who wait.
    #[must_use]
    pub fn start(domain: &Domain, tasks: &Tasks) -> Self {
        Self { domain: domain.clone(), watcher: Watcher::start(domain.clone(), tasks) }
    }

    /// The operation of a job that the caller has just asked for.
    ///
    /// # Errors
    /// 410 when the request was carried out before, and its operation is not kept any more.
    pub async fn accepted(&self, caller: &domain::Caller, job: Once<JobId>, prefer: Prefer) -> Result<Accepted, Problem> {
        let replayed = job.is_replay();
        let operation = match self.get(caller, job.into_inner(), prefer).await {
            Err(missing) if replayed && missing.kind().status() == StatusCode::NOT_FOUND => {
                let sentence =
                    "the request with this idempotency key was carried out, and its operation is not kept any more; nothing was done again";
                return Err(Problem::new(&OPERATION_GONE).because(sentence));
            }
            answered => answered?.operation,
        };
        Ok(Accepted { granted: prefer.wait.filter(|_| operation.done), operation, replayed })
    }

    /// The operation as it is, or as it ends while the caller waits.
    ///
    /// # Errors
    /// 404 when it is not the caller's.
    pub async fn get(&self, caller: &domain::Caller, id: JobId, prefer: Prefer) -> Result<Awaited, Problem> {
        let mut job = self.domain.operations().get(caller, id).await?;
        if let Some(limit) = prefer.wait.filter(|_| !job.state.is_final()) {
            self.watcher.wait(id, limit).await;
            job = self.domain.operations().get(caller, id).await?;
        }
        Ok(Awaited { operation: job.into(), prefer })
    }
}

impl Accepted {
    /// `validate_only=true`: everything was checked and nothing will be done.
    #[must_use]
    pub fn validated(kind: &str, now: domain::entities::Timestamp) -> Self {
        Self { operation: Operation::validated(kind, now), granted: None, replayed: false }
    }

    /// What the check found out.
    #[must_use]
    pub fn result(mut self, result: Value) -> Self {
        self.operation.result = Some(Any(result));
        self
    }
}

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        // Only who waits, or only checks, gets an end; whoever sends a request again gets the first answer's status again.
        let ended = self.granted.is_some() || self.operation.state == OperationState::Validated;
        let status = if ended { StatusCode::OK } else { StatusCode::ACCEPTED };
        let location = self.operation.location();
        let mut response = Json(self.operation).with_status(status).into_response();
        let headers = response.headers_mut();
        if let Some(location) = location.and_then(|path| HeaderValue::from_str(&path).ok()) {
            headers.insert(header::LOCATION, location);
        }
        if self.replayed {
            headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
        }
        say_applied(&mut response, self.granted);
        response
    }
}

impl ApiResponse for Accepted {
    fn meta() -> MetaResponses {
        let answer = |status, description, more: Option<_>| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content: vec![MetaMediaType { content_type: "application/json", schema: Operation::schema_ref() }],
            headers: [answered("Location", "The path of the operation."), idempotent_replayed()].into_iter().chain(more).collect(),
        };
        let applied = answered("Preference-Applied", "The wait that was granted (RFC 7240).");
        let ended = "It has ended while the caller waited, or `validate_only` asked for a check only.";
        MetaResponses { responses: vec![answer(200, ended, Some(applied)), answer(202, "Accepted; follow `Location`.", None)] }
    }

    fn register(registry: &mut Registry) {
        Operation::register(registry);
    }
}

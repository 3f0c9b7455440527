//! Who may look at operations, and who may act in them.

use std::ops::Deref;

use poem::Request;

use super::caller::Caller;
use crate::gate::RequestId;
use crate::problem::Problem;

/// Reads operations. Unless an architect, it sees no payloads, results or logs.
#[derive(Debug, Clone, Copy)]
pub struct Observer {
    /// Whether payloads, results and logs may be shown.
    pub sees_content: bool,
}

/// Acts in operations; everything it does is audited under its name.
#[derive(Debug, Clone)]
pub struct Architect(pub domain::ops::Actor);

impl Observer {
    pub(super) async fn of(request: &Request) -> Result<Self, Problem> {
        let caller = Caller::admitted(request).await?;
        if !caller.may_observe() {
            return Err(Problem::forbidden("operations are shown to observers and architects"));
        }
        Ok(Self { sees_content: caller.is_architect() })
    }
}

impl Architect {
    pub(super) async fn of(request: &Request) -> Result<Self, Problem> {
        let caller = Caller::admitted(request).await?;
        if !caller.is_architect() {
            return Err(Problem::forbidden("only an architect acts in operations"));
        }
        let request_id = request.data::<RequestId>().map(|id| id.0.clone());
        Ok(Self(domain::ops::Actor { caller: caller.0, request_id }))
    }
}

impl Deref for Architect {
    type Target = domain::ops::Actor;

    fn deref(&self) -> &domain::ops::Actor {
        &self.0
    }
}

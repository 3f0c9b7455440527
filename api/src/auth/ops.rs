//! Who may look at operations, and who may act in them.

use std::ops::Deref;

use poem::{Request, RequestBody};
use poem_openapi::registry::Registry;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::caller::{Caller, describe_schemes, every_scheme};
use crate::gate::RequestId;
use crate::parameters::refuse_wrong;
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
    async fn of(request: &Request) -> Result<Self, Problem> {
        let caller = Caller::admitted(request).await?;
        if !caller.may_observe() {
            return Err(Problem::forbidden("operations are shown to observers and architects"));
        }
        Ok(Self { sees_content: caller.is_architect() })
    }
}

impl Architect {
    async fn of(request: &Request) -> Result<Self, Problem> {
        let caller = Caller::admitted(request).await?;
        if !caller.is_architect() {
            return Err(Problem::forbidden("only an architect acts in operations"));
        }
        let request_id = request.data::<RequestId>().map(|id| id.0.clone());
        Ok(Self(domain::ops::Actor { caller: caller.0, request_id }))
    }
}

macro_rules! bearer_extractors {
    ($($name:ident),+) => {$(
        impl<'a> ApiExtractor<'a> for $name {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut Registry) {
                describe_schemes(registry);
            }

            fn security_schemes() -> Vec<&'static str> {
                every_scheme()
            }

            async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
                let caller = Self::of(request).await?;
                refuse_wrong(request)?;
                Ok(caller)
            }
        }
    )+};
}

impl Deref for Architect {
    type Target = domain::ops::Actor;

    fn deref(&self) -> &domain::ops::Actor {
        &self.0
    }
}

bearer_extractors!(Observer, Architect);

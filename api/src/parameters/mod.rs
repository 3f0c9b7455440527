//! Parameters: path, query and headers. poem-openapi stops at the first one that is wrong and speaks of Rust types; this holds all of them
//! against the operation's own description before the handler sees any, in the words that are used for bodies.
//!
//! Whoever asks who is calling ([`crate::auth`]) refuses next, so that nobody is told more before; an operation for everybody refuses here.

mod check;

use std::collections::HashMap;
use std::sync::Arc;

use domain::FieldError;
use poem::endpoint::BoxEndpoint;
use poem::http::Method;
use poem::{Endpoint, EndpointExt as _, Request, Response};
use poem_openapi::registry::{MetaApi, MetaOperation, Registry};
use poem_openapi::{OpenApi, OperationId};

use crate::auth::Needed;
use crate::body::Schema;
use crate::problem::Problem;

/// APIs whose operations have all their parameters looked at first.
pub struct Checked<T>(pub T);

/// All that is wrong with a request's parameters; rides on the request to whoever asks who is calling.
#[derive(Debug, Clone)]
struct Wrong(Vec<FieldError>);

/// Refuse a request with wrong parameters.
///
/// # Errors
/// 400 with every one that is wrong.
pub fn refuse_wrong(request: &Request) -> Result<(), Problem> {
    request.data::<Wrong>().map_or(Ok(()), |Wrong(errors)| Err(Problem::invalid(errors.clone())))
}

impl<T: OpenApi> OpenApi for Checked<T> {
    fn meta() -> Vec<MetaApi> {
        T::meta()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn add_routes(self, routes: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {
        let (mut inner, mut operations) = (HashMap::new(), operations(T::meta()));
        self.0.add_routes(&mut inner);
        let mut registry = Registry::new();
        T::register(&mut registry);
        let schemas = operations.values().flat_map(|operation| operation.params.iter().map(|param| &param.schema));
        let schema = Arc::new(Schema::of_all(registry, schemas));
        for (path, methods) in inner {
            let there = routes.entry(path.clone()).or_default();
            for (method, endpoint) in methods {
                let endpoint = match operations.remove(&(path.clone(), method.clone())) {
                    Some(operation) => {
                        Door { needed: Needed::of(&operation), operation, schema: Arc::clone(&schema), inner: endpoint }.boxed()
                    }
                    None => endpoint,
                };
                there.insert(method, endpoint);
            }
        }
    }
}

/// The operations by their routes, as poem-openapi spells those: `/agents/{id}` is `/agents/:param0`.
fn operations(apis: Vec<MetaApi>) -> HashMap<(String, Method), MetaOperation> {
    let paths = apis.into_iter().flat_map(|api| api.paths);
    let each = paths.flat_map(|path| {
        let route = route(&path.path);
        path.operations.into_iter().map(move |operation| ((route.clone(), operation.method.clone()), operation))
    });
    each.collect()
}

fn route(path: &str) -> String {
    let mut places = 0..;
    let part = |part: &str| match (part.starts_with('{'), &mut places) {
        (true, places) => format!(":{}", check::place(places.next().unwrap_or_default())),
        (false, _) => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// An operation behind its own description.
struct Door {
    operation: MetaOperation,
    /// What a program has to be allowed.
    needed: Needed,
    schema: Arc<Schema>,
    inner: BoxEndpoint<'static>,
}

impl Endpoint for Door {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        request.set_data(self.needed);
        let wrong = check::faults(&request, &self.operation, &self.schema);
        if !wrong.is_empty() {
            if self.operation.security.is_empty() {
                let mut refused = poem::Error::from(Problem::invalid(wrong));
                if let Some(id) = self.operation.operation_id {
                    refused.set_data(OperationId(id));
                }
                return Err(refused);
            }
            request.set_data(Wrong(wrong));
        }
        self.inner.call(request).await
    }
}

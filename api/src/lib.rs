//! HTTP: a thin layer that reads a request, asks the domain one question and answers. No SQL, no branching on state.
//!
//! - [`v1`]: the operations, one file per noun.
//! - [`parameters`], [`body`], [`auth`], [`convention`], [`wire`]: what handlers take in and give out.
//! - [`problem`]: the one place that turns errors into status codes.
//! - [`signature`]: requests that a linked device has signed.
//! - [`gate`]: what every request passes on its way in and out.
//! - [`openapi`]: the description of it all, as JSON, YAML and a page.
//!
//! `docs/adding-an-endpoint.md` is the recipe.

pub mod auth;
pub mod body;
pub mod convention;
pub mod gate;
pub mod health;
pub mod openapi;
pub mod parameters;
pub mod problem;
pub mod signature;
pub mod v1;
pub mod wire;

mod app;
mod key_set;
mod link;
mod metrics;
mod server;
mod settings;

pub use app::{App, Dependency, endpoint};
pub use openapi::openapi_yaml;
pub use server::{ListenError, Listener, ServeError, serve};
pub use settings::Settings;

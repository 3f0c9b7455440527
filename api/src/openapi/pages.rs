//! The description for machines and for people, worked out once.

use std::sync::LazyLock;

use poem::endpoint::make_sync;
use poem::web::Html;
use poem::{Endpoint, IntoResponse as _, Response};

use super::described::Described;
use super::{openapi_json, openapi_yaml};
use crate::v1::{self, Apis};

static JSON: LazyLock<String> = LazyLock::new(openapi_json);
static YAML: LazyLock<String> = LazyLock::new(openapi_yaml);
/// poem-openapi's page has its own reading of the API in it; ours takes its place.
static PAGE: LazyLock<String> = LazyLock::new(|| {
    let service = v1::describe(Described::<Apis>::default());
    service.swagger_ui_html().replace(&service.spec(), &JSON)
});

fn text(text: &'static LazyLock<String>, content_type: &'static str) -> impl Endpoint<Output = Response> {
    make_sync(move |_| text.as_str().with_content_type(content_type).into_response())
}

#[must_use]
pub fn json() -> impl Endpoint<Output = Response> {
    text(&JSON, "application/json")
}

#[must_use]
pub fn yaml() -> impl Endpoint<Output = Response> {
    text(&YAML, "application/yaml")
}

#[must_use]
pub fn page() -> impl Endpoint<Output = Response> {
    make_sync(|_| Html(PAGE.as_str()).into_response())
}

/// What the `type` of a problem points to.
#[must_use]
pub fn problems() -> impl Endpoint<Output = Response> {
    make_sync(|_| include_str!("../../../docs/problems.md").with_content_type("text/markdown; charset=utf-8").into_response())
}

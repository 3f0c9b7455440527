//! `/link`: the page where somebody who is signed in in this browser says yes or no to a device.

use poem::endpoint::make_sync;
use poem::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, X_FRAME_OPTIONS};
use poem::{Endpoint, IntoResponse as _, Response};

/// Nothing but our own script and our own API; and in nobody's frame, where a click could be stolen.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[must_use]
pub fn page() -> impl Endpoint<Output = Response> {
    make_sync(|_| {
        let page = include_str!("link.html").with_content_type("text/html; charset=utf-8").with_header(CONTENT_SECURITY_POLICY, POLICY);
        page.with_header(X_FRAME_OPTIONS, "DENY").with_header(CACHE_CONTROL, "no-store").into_response()
    })
}

#[must_use]
pub fn script() -> impl Endpoint<Output = Response> {
    make_sync(|_| include_str!("link.js").with_content_type("text/javascript; charset=utf-8").into_response())
}

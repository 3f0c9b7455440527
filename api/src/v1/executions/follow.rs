//! Lines as they come: server-sent events that can be resumed.

use std::time::Duration;

use domain::executions::{ExecutionError, Followed};
use futures::{Stream, StreamExt as _};
use poem::http::{HeaderValue, header};
use poem::web::sse::{Event, SSE};
use poem::{IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::payload::Json;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::{ToJSON as _, Type as _};
use serde_json::json;

use super::followers::Seat;
use super::wire::{LogLine, LogPage};

/// A comment so often, so that nothing in between takes the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A page, or the lines as they come. Generated clients know the page; event streams are for those that ask.
pub enum Logs {
    Page(LogPage),
    Follow(Response),
}

impl Logs {
    /// Each line is an event `line` whose id is its number; after the last one an event `end` says the state, and the stream closes.
    pub fn follow(lines: impl Stream<Item = Result<Followed, ExecutionError>> + Send + 'static, seat: Seat) -> Self {
        // The seat is taken as long as the stream is there.
        let lines = lines.inspect(move |_| _ = &seat);
        // After an error the stream ends without `end`; the client comes back with the id of its last line.
        let events = lines.filter_map(|next| async {
            match next {
                Ok(followed) => Some(event(followed)),
                Err(error) => {
                    tracing::warn!(%error, "somebody who follows an execution has to come back");
                    None
                }
            }
        });
        let mut response = SSE::new(events).keep_alive(KEEP_ALIVE).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        Self::Follow(response)
    }
}

fn event(followed: Followed) -> Event {
    match followed {
        Followed::Line(line) => {
            let seq = line.seq;
            Event::message(LogLine::from(line).to_json_string()).event_type("line").id(seq.to_string())
        }
        Followed::End(state) => Event::message(json!({ "state": state.name() }).to_string()).event_type("end"),
    }
}

impl IntoResponse for Logs {
    fn into_response(self) -> Response {
        match self {
            Self::Page(page) => Json(page).into_response(),
            Self::Follow(response) => response,
        }
    }
}

impl ApiResponse for Logs {
    fn meta() -> MetaResponses {
        let content = vec![
            MetaMediaType { content_type: "application/json", schema: LogPage::schema_ref() },
            MetaMediaType { content_type: "text/event-stream", schema: String::schema_ref() },
        ];
        let description = "A page of lines; with `follow=true` a stream of server-sent events instead.";
        MetaResponses { responses: vec![MetaResponse { description, status: Some(200), status_range: None, content, headers: Vec::new() }] }
    }

    fn register(registry: &mut Registry) {
        LogPage::register(registry);
    }
}

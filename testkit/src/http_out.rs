//! The world out there: it answers every request, or does what a story wants.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::ports::http_out::{HttpAnswer, HttpOut, HttpOutError, HttpRequest};

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpReply {
    /// That status, with that body.
    Answers(u16, String),
    /// Nobody is there.
    Away,
    /// It arrives, and the connection breaks before it is answered.
    TakesAndBreaks,
    /// Its name leads into the house.
    LeadsHome,
}

/// Answers `200` to every request that no story says otherwise about.
#[derive(Debug, Default)]
pub struct FakeHttpOut {
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    next: VecDeque<HttpReply>,
    always: HashMap<String, HttpReply>,
    taken: Vec<HttpRequest>,
}

impl FakeHttpOut {
    /// What becomes of the next request that nothing is said about.
    pub fn next(&self, reply: HttpReply) {
        self.told().next.push_back(reply);
    }

    /// What becomes of every request to that URL.
    pub fn always(&self, url: &str, reply: HttpReply) {
        self.told().always.insert(url.to_owned(), reply);
    }

    /// The requests that arrived, in order.
    #[must_use]
    pub fn taken(&self) -> Vec<HttpRequest> {
        self.told().taken.clone()
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl HttpOut for FakeHttpOut {
    fn check(&self, url: &str) -> Result<(), HttpOutError> {
        match url.strip_prefix("https://") {
            Some(rest) if !rest.starts_with("127.") => Ok(()),
            _ => Err(HttpOutError::Refused { reason: "it is not public".into() }),
        }
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpAnswer, HttpOutError> {
        self.check(&request.url)?;
        let mut told = self.told();
        let reply = match told.always.get(&request.url).cloned() {
            Some(reply) => reply,
            None => told.next.pop_front().unwrap_or(HttpReply::Answers(200, String::new())),
        };
        if matches!(reply, HttpReply::Answers(..) | HttpReply::TakesAndBreaks) {
            told.taken.push(request);
        }
        match reply {
            HttpReply::Answers(status, body) => Ok(HttpAnswer { status, headers: Vec::new(), body: body.into_bytes(), is_whole: true }),
            HttpReply::Away | HttpReply::TakesAndBreaks => Err(HttpOutError::Unavailable { reason: "as the story says".into() }),
            HttpReply::LeadsHome => Err(HttpOutError::Refused { reason: "its name leads to an address that is not public".into() }),
        }
    }
}

//! `tallyman agent link`: show a code, wait for somebody's yes, prove the key (RFC 8628).

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::devices::proof_text;
use domain::entities::id::DeviceLinkId;
use domain::ports::http_out::HttpOutError;
use ed25519_dalek::Signer as _;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Kind;
use super::key_file::KeyFile;
use super::server::{Answer, Server};
use crate::args::DevicePlace;

/// How much longer it waits when it is told to (RFC 8628 § 3.5).
const SLOWER: Duration = Duration::from_secs(5);
/// The longest pause while nobody answers.
const UNANSWERED_MAX: Duration = Duration::from_secs(30);
/// The longest that a server may make a device wait, for the end of a pairing as for the next question.
const TOLD_MAX: Duration = Duration::from_hours(1);

pub async fn run(kind: Kind, place: &DevicePlace, name: Option<String>) -> Result<ExitCode, Box<dyn Error>> {
    let key = kind.key(place)?;
    let server = Server::at(&place.url)?;
    let name = name.unwrap_or_else(|| format!("{} {}", kind.title, &key.address().to_string()[..6]));
    let wish = json!({ "type": kind.word, "name": name, "public_key": key.address().to_string() });
    let pairing = server.post("/v1/link", &wish).await?.expect(200)?;
    let text = |field: &str| pairing[field].as_str().unwrap_or_default();
    println!("Code: {}", text("user_code"));
    println!("Open {} and say yes, or type the code at {}", text("verification_uri_complete"), text("verification_uri"));
    let link = wait(&server, &key, &pairing).await?;
    let id: DeviceLinkId = link["id"].as_str().unwrap_or_default().parse()?;
    key.keep_link(id)?;
    println!("Linked to {}: {}", kind.title, link["name"].as_str().unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}

/// Ask again and again until somebody has answered or the pairing is over. A server that stumbles, or cannot be reached, changes nothing: the
/// pairing goes on there.
async fn wait(server: &Server, key: &KeyFile, pairing: &Value) -> Result<Value, Box<dyn Error>> {
    let device_code = pairing["device_code"].as_str().unwrap_or_default();
    let proof = STANDARD.encode(key.signing_key().sign(proof_text(&server.authority, device_code).as_bytes()).to_bytes());
    let question = json!({ "device_code": device_code, "proof": proof });
    let end = Instant::now() + told(&pairing["expires_in"]).unwrap_or_default();
    let mut pace = Pace { interval: told(&pairing["interval"]).unwrap_or(SLOWER).max(Duration::from_secs(1)), unanswered: 0 };
    let mut pause = pace.interval;
    while Instant::now() + pause < end {
        tokio::time::sleep(pause).await;
        pause = match pace.after(server.post("/v1/link/token", &question).await) {
            Word::Linked(link) => return Ok(link),
            Word::Again(pause) => pause,
            Word::Over(why) => return Err(why.into()),
        };
    }
    Err("nobody has said yes in time; start again".into())
}

/// Seconds that a server names.
fn told(seconds: &Value) -> Option<Duration> {
    seconds.as_u64().map(|seconds| Duration::from_secs(seconds).min(TOLD_MAX))
}

/// How fast it asks.
#[derive(Debug)]
struct Pace {
    interval: Duration,
    /// Questions in a row that nobody has answered.
    unanswered: u32,
}

/// What an answer means for whoever waits.
#[derive(Debug, PartialEq)]
enum Word {
    Linked(Value),
    /// Ask again after this.
    Again(Duration),
    Over(String),
}

impl Pace {
    fn after(&mut self, answer: Result<Answer, HttpOutError>) -> Word {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error @ HttpOutError::Refused { .. }) => return Word::Over(error.to_string()),
            Err(HttpOutError::Unavailable { .. }) => {
                // RFC 8628 § 3.5: less often each time.
                self.unanswered += 1;
                return Word::Again(self.interval.saturating_mul(1 << self.unanswered.min(8)).min(UNANSWERED_MAX).max(self.interval));
            }
        };
        self.unanswered = 0;
        match (answer.status, answer.body["error"].as_str()) {
            (200, _) => Word::Linked(answer.body),
            (_, Some("authorization_pending")) => Word::Again(self.interval),
            (_, Some("slow_down")) => {
                self.interval = (self.interval + SLOWER).min(TOLD_MAX);
                Word::Again(self.interval)
            }
            (429 | 500.., _) => Word::Again(answer.retry_after.unwrap_or_default().min(TOLD_MAX).max(self.interval)),
            _ => Word::Over(answer.refusal()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(status: u16, retry_after: Option<u64>, body: Value) -> Answer {
        Answer { status, retry_after: retry_after.map(Duration::from_secs), body }
    }

    fn nobody() -> Result<Answer, HttpOutError> {
        Err(HttpOutError::Unavailable { reason: "no connection".into() })
    }

    #[test]
    fn a_pairing_goes_on_past_every_stumble() {
        let mut pace = Pace { interval: Duration::from_secs(5), unanswered: 0 };
        let again = |seconds| Word::Again(Duration::from_secs(seconds));
        assert_eq!(pace.after(Ok(answers(400, None, json!({ "error": "authorization_pending" })))), again(5));
        assert_eq!(pace.after(Ok(answers(429, Some(40), json!({ "error": "Too many requests" })))), again(40));
        assert_eq!(pace.after(Ok(answers(503, Some(1), Value::Null))), again(5), "never faster than it was told to");
        assert_eq!(pace.after(Ok(answers(502, None, Value::Null))), again(5));
        assert_eq!(
            [pace.after(nobody()), pace.after(nobody()), pace.after(nobody()), pace.after(nobody())],
            [again(10), again(20), again(30), again(30)]
        );
        assert_eq!(pace.after(Ok(answers(400, None, json!({ "error": "slow_down" })))), again(10), "the RFC's five seconds, from there on");
        assert_eq!(pace.after(nobody()), again(20));
        let link = json!({ "id": "lnk_1" });
        assert_eq!(pace.after(Ok(answers(200, None, link.clone()))), Word::Linked(link));
    }

    #[test]
    fn no_server_makes_a_device_wait_for_ever() {
        let longest = json!(u64::MAX);
        assert_eq!([told(&longest), told(&json!(600)), told(&Value::Null)], [Some(TOLD_MAX), Some(Duration::from_mins(10)), None]);
        let mut pace = Pace { interval: told(&longest).unwrap(), unanswered: 0 };
        for answer in [answers(503, Some(u64::MAX), Value::Null), answers(400, None, json!({ "error": "slow_down" }))] {
            assert_eq!(pace.after(Ok(answer)), Word::Again(TOLD_MAX));
        }
        assert_eq!(pace.after(nobody()), Word::Again(TOLD_MAX));
    }

    #[test]
    fn a_pairing_is_over_when_the_server_says_so() {
        let mut pace = Pace { interval: Duration::from_secs(5), unanswered: 0 };
        for (status, error) in
            [(400, "access_denied"), (400, "expired_token"), (400, "invalid_grant"), (401, "Invalid signature"), (404, "Not found")]
        {
            assert!(matches!(pace.after(Ok(answers(status, Some(1), json!({ "error": error })))), Word::Over(_)), "{error}");
        }
        assert!(matches!(pace.after(Err(HttpOutError::Refused { reason: "no URL".into() })), Word::Over(_)));
    }
}

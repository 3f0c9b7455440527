//! Who has signed a request. The order is the defence: form and times, then the signature, and only then the body and the nonce.

use domain::accounts::AccountError;
use domain::devices::{DeviceError, DeviceKey, Nonce};
use domain::entities::Timestamp;
use domain::entities::id::DeviceLinkId;
use domain::siws::{self, Signature};
use poem::Request;
use poem::error::ReadBodyError;
use poem::http::HeaderMap;
use poem::http::header::HOST;
use std::time::Duration;

use super::base::Parts;
use super::input::Input;
use super::{CONTENT_DIGEST, SIGNATURE, SIGNATURE_INPUT, digest};
use crate::App;
use crate::auth::{SUSPENDED, turned_away};
use crate::body::Limits;
use crate::problem::{BODY_TOO_LARGE, INVALID_SIGNATURE, Problem};

/// Rides on a request that claims to be signed: who it is, or why not.
#[derive(Debug, Clone)]
pub struct Signed(pub Result<domain::Caller, Problem>);

/// Look at the signature, if there is one. The body is read then, and put back.
pub async fn verify(app: &App, request: &mut Request) {
    if request.headers().contains_key(SIGNATURE) || request.headers().contains_key(SIGNATURE_INPUT) {
        let signed = Signed(signer(app, request).await);
        request.set_data(signed);
    }
}

async fn signer(app: &App, request: &mut Request) -> Result<domain::Caller, Problem> {
    let headers = request.headers();
    let input = Input::read(&one(headers, SIGNATURE_INPUT)?, &one(headers, SIGNATURE)?).map_err(refuse)?;
    let expires_at = fresh(app, &input)?;
    let covers_body = input.components.iter().any(|component| component == CONTENT_DIGEST);
    let content_digest = if covers_body { Some(one(headers, CONTENT_DIGEST)?) } else { None };
    let key = key(app, &input).await?;
    let parts = Parts {
        method: request.method().as_str(),
        authority: &authority(request)?,
        path: request.uri().path(),
        query: request.uri().query().unwrap_or_default(),
        content_digest: content_digest.as_deref(),
    };
    let base =
        parts.base(&input.components, &input.parameters).ok_or_else(|| refuse("a component is covered that is not there or not known"))?;
    let signature = Signature::from_bytes(input.signature);
    siws::verify(&key.public_key, base.as_bytes(), &signature).map_err(|_| refuse("the signature is not this key's over this request"))?;
    let body = read_body(request).await?;
    match content_digest {
        None if !body.is_empty() => return Err(refuse("the body is not covered: sign \"content-digest\" too")),
        Some(said) if !digest::fits(&said, &body) => return Err(refuse("`Content-Digest` is not the body's")),
        _ => {}
    }
    request.set_body(body);
    app.domain.devices().caller(key, &Nonce { text: input.nonce, expires_at }).await.map_err(not_let_in)
}

/// Until when the request can still be sent.
fn fresh(app: &App, input: &Input) -> Result<Timestamp, Problem> {
    let (settings, now) = (&app.domain.settings().devices, app.domain.now());
    let seconds = |seconds: u32| Duration::from_secs(seconds.into());
    let oldest = input.created.plus(seconds(settings.signature_seconds_max));
    if input.created > now.plus(seconds(settings.ahead_seconds_max)) {
        return Err(refuse("the signature was made in the future: is the clock right?"));
    }
    let end = input.expires.map_or(oldest, |expires| expires.min(oldest));
    if end <= now { Err(refuse("the signature is too old: is the clock right?")) } else { Ok(end) }
}

async fn key(app: &App, input: &Input) -> Result<DeviceKey, Problem> {
    let link: DeviceLinkId = input.key_id.parse().map_err(|_| refuse("`keyid` is no linked device"))?;
    app.domain.devices().key(link).await.map_err(not_let_in)
}

fn not_let_in(error: DeviceError) -> Problem {
    match error {
        DeviceError::Account(error @ AccountError::Database(_)) => turned_away(error),
        DeviceError::Account(AccountError::Suspended { .. }) => refuse(SUSPENDED),
        DeviceError::Account(_) => refuse("the device is not linked, or not any more; pair it again"),
        error => error.into(),
    }
}

/// Whom the request is for, as its sender wrote it (RFC 9421 § 2.2.3).
fn authority(request: &Request) -> Result<String, Problem> {
    let named = request.uri().authority().map(|authority| authority.as_str().to_owned());
    let said = || one(request.headers(), HOST.as_str());
    let authority = named.map_or_else(said, Ok)?.to_ascii_lowercase();
    Ok(authority.strip_suffix(":80").or_else(|| authority.strip_suffix(":443")).unwrap_or(&authority).to_owned())
}

/// A header that is there once, or in parts that belong together.
fn one(headers: &HeaderMap, name: &str) -> Result<String, Problem> {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().map(str::trim));
    let lines: Vec<&str> = lines.collect::<Result<_, _>>().map_err(|_| refuse("a signed header is no plain text"))?;
    if lines.is_empty() { Err(refuse(&format!("the header `{name}` is missing"))) } else { Ok(lines.join(", ")) }
}

async fn read_body(request: &mut Request) -> Result<Vec<u8>, Problem> {
    let bytes_max = request.data::<Limits>().copied().unwrap_or_default().bytes_max;
    let body = request.take_body().into_bytes_limit(bytes_max).await.map_err(|error| match error {
        ReadBodyError::PayloadTooLarge => Problem::new(&BODY_TOO_LARGE).because(format!("a body has at most {bytes_max} bytes")),
        _ => refuse("the body ended too early"),
    })?;
    Ok(body.to_vec())
}

fn refuse(why: &str) -> Problem {
    Problem::new(&INVALID_SIGNATURE).because(why)
}

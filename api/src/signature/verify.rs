//! Who has signed a request. The order is the defence: form and times, then the signature, then the body; and the nonce when the request was counted.

use domain::accounts::AccountError;
use domain::devices::{DeviceError, DeviceKey, Nonce};
use domain::entities::Timestamp;
use domain::entities::id::DeviceLinkId;
use domain::siws::{self, Site};
use poem::Request;
use poem::error::ReadBodyError;
use poem::http::HeaderMap;
use std::time::Duration;

use super::base::Parts;
use super::input::Input;
use super::{CONTENT_DIGEST, SIGNATURE, SIGNATURE_INPUT, digest};
use crate::App;
use crate::auth::{SUSPENDED, turned_away};
use crate::body::Limits;
use crate::problem::{BODY_TOO_LARGE, DEVICE_NOT_LINKED, INVALID_SIGNATURE, Problem};

/// Rides on a request that claims to be signed: by whom, or why not.
#[derive(Debug, Clone)]
pub struct Signed(Result<Signature, Problem>);

/// A signature that was found good. It counts once its nonce is used up.
#[derive(Debug, Clone)]
struct Signature {
    caller: domain::Caller,
    link: DeviceLinkId,
    nonce: Nonce,
}

impl Signed {
    /// Who has signed the request.
    ///
    /// # Errors
    /// 401 when nobody has who counts.
    pub fn caller(&self) -> Result<domain::Caller, Problem> {
        self.0.as_ref().map(|signature| signature.caller).map_err(Clone::clone)
    }

    /// Use the nonce up. Only after the request was counted: whoever sends too many must not fill the table of nonces.
    ///
    /// # Errors
    /// 401 when the request was seen before.
    pub async fn spend(&self, app: &App) -> Result<(), Problem> {
        match &self.0 {
            Ok(signature) => Ok(app.domain.devices().spend(signature.link, &signature.nonce).await?),
            Err(_) => Ok(()),
        }
    }
}

/// Look at the signature, if there is one. The body is read then, and put back.
pub async fn verify(app: &App, request: &mut Request) {
    if request.headers().contains_key(SIGNATURE) || request.headers().contains_key(SIGNATURE_INPUT) {
        let signed = Signed(signature(app, request).await);
        request.set_data(signed);
    }
}

async fn signature(app: &App, request: &mut Request) -> Result<Signature, Problem> {
    let headers = request.headers();
    let input = Input::read(&one(headers, SIGNATURE_INPUT)?, &one(headers, SIGNATURE)?).map_err(refuse)?;
    let expires_at = fresh(app, &input)?;
    let covers_body = input.components.iter().any(|component| component == CONTENT_DIGEST);
    let content_digest = if covers_body { Some(one(headers, CONTENT_DIGEST)?) } else { None };
    let key = key(app, &input).await?;
    by_the_key(&app.domain.settings().site, request, &input, &key, content_digest.as_deref())?;
    let body = read_body(request).await?;
    match content_digest {
        None if !body.is_empty() => return Err(refuse("the body is not covered: sign \"content-digest\" too")),
        Some(said) if !digest::fits(&said, &body) => return Err(refuse("`Content-Digest` is not the body's")),
        _ => {}
    }
    request.set_body(body);
    let caller = app.domain.devices().caller(key).await.map_err(not_let_in)?;
    Ok(Signature { caller, link: key.link_id, nonce: Nonce { text: input.nonce, expires_at } })
}

/// Compare the signature with the key, for our own names, whatever `Host` says: what was signed for another server is not good here.
fn by_the_key(site: &Site, request: &Request, input: &Input, key: &DeviceKey, content_digest: Option<&str>) -> Result<(), Problem> {
    let signature = siws::Signature::from_bytes(input.signature);
    for authority in site.authorities() {
        let parts = Parts {
            method: request.method().as_str(),
            authority: &authority,
            path: request.uri().path(),
            query: request.uri().query().unwrap_or_default(),
            content_digest,
        };
        let base = parts.base(&input.components, &input.parameters);
        let base = base.ok_or_else(|| refuse("a component is covered that is not there or not known"))?;
        if siws::verify(&key.public_key, base.as_bytes(), &signature).is_ok() {
            return Ok(());
        }
    }
    Err(refuse(&format!("the signature is not this key's over this request to {}", site.authority())))
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
        DeviceError::Account(_) => Problem::new(&DEVICE_NOT_LINKED).because("the device is not linked, or not any more; pair it again"),
        error => error.into(),
    }
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

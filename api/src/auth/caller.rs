//! The signed-in caller, as handlers ask for it.

use std::ops::Deref;

use domain::accounts::{AccountError, Role};
use domain::api_keys::{ApiKeyError, KeySecret};
use poem::Request;
use poem::http::header::AUTHORIZATION;
use poem_openapi::registry::{MetaSecurityScheme, Registry};

use super::cookie::BrowserCookie;
use super::scope::Needed;
use crate::App;
use crate::gate::Known;
use crate::problem::{AUTHENTICATION_REQUIRED, INVALID_TOKEN, Problem};
use crate::signature::Signed;

/// Somebody who may call: the token is ours, and its user is there and not suspended.
#[derive(Debug, Clone, Copy)]
pub struct Caller(pub domain::Caller);

/// The names of the schemes in the OpenAPI document.
pub const SCHEME: &str = "bearer";
pub const KEY_SCHEME: &str = "api_key";
const SIGNATURE_SCHEME: &str = "signature";

/// What people and programs come with.
pub(super) fn every_scheme() -> Vec<&'static str> {
    vec![SCHEME, KEY_SCHEME, SIGNATURE_SCHEME]
}

impl Deref for Caller {
    type Target = domain::Caller;

    fn deref(&self) -> &domain::Caller {
        &self.0
    }
}

impl Caller {
    /// Who it is; found out once for each request.
    ///
    /// # Errors
    /// 401 without a good token, 503 when the database is away.
    pub async fn of(request: &Request) -> Result<Self, Problem> {
        match request.data::<Known>() {
            Some(Known(known)) => known.clone(),
            None => Self::find(request).await,
        }
    }

    /// Who it is, if what they have shown is good for this operation.
    pub(super) async fn admitted(request: &Request) -> Result<Self, Problem> {
        let caller = Self::of(request).await?;
        Needed::check(request, &caller)?;
        Ok(caller)
    }

    async fn find(request: &Request) -> Result<Self, Problem> {
        let app = App::of(request)?;
        // What is signed stands or falls with its signature. A token says who means to act; a cookie comes along by itself. So the token wins.
        let caller = if let Some(signed) = request.data::<Signed>() {
            signed.caller()?
        } else if request.headers().contains_key(AUTHORIZATION) {
            let token = bearer_of(request).ok_or_else(|| unknown("`Authorization` must be `Bearer` and an access token or a key"))?;
            if KeySecret::is_meant(token) { by_key(app, token).await? } else { by_token(app, token).await? }
        } else {
            let cookie = BrowserCookie::of(request);
            let cookie = cookie.ok_or_else(|| unknown("sign in, or make a key, and send it as `Authorization: Bearer …`"))?;
            cookie.check_csrf(request)?;
            cookie.caller(app).await?
        };
        tracing::Span::current().record("user", tracing::field::display(caller.user_id));
        Ok(Self(caller))
    }
}

async fn by_token(app: &App, token: &str) -> Result<domain::Caller, Problem> {
    let claims = app.tokens.check(token)?;
    let caller = app.domain.accounts().caller(claims.user_id, claims.credential()).await.map_err(turned_away)?;
    Ok(domain::Caller { role: effective(caller.role, claims.role), ..caller })
}

async fn by_key(app: &App, key: &str) -> Result<domain::Caller, Problem> {
    app.domain.api_keys().caller(key).await.map_err(|error| match error {
        ApiKeyError::Account(AccountError::SignedOut) => {
            Problem::new(&INVALID_TOKEN).because("the key is over or was revoked; make a new one")
        }
        ApiKeyError::Account(error) => turned_away(error),
        error => error.into(),
    })
}

/// The token of a request, if it brings one.
fn bearer_of(request: &Request) -> Option<&str> {
    request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer)
}

/// Whoever is gone or suspended has no good token; a database that is away is no reason to sign anybody out.
pub(crate) fn turned_away(error: AccountError) -> Problem {
    match error {
        AccountError::Database(error) => error.into(),
        AccountError::Suspended { .. } => Problem::new(&INVALID_TOKEN).because(SUSPENDED),
        _ => Problem::new(&INVALID_TOKEN).because("the sign-in is over; sign in again"),
    }
}

/// Said to whoever has proved to be somebody, and to nobody else.
pub(crate) const SUSPENDED: &str = "the account is suspended; ask those who run this installation";

/// Whoever has shown nothing that could be looked at, and how to show it.
fn unknown(what_to_do: &str) -> Problem {
    Problem::new(&AUTHENTICATION_REQUIRED).because(what_to_do)
}

/// A token may say less than its user's row, never more.
fn effective(row: Role, token: Role) -> Role {
    if row == token || row == Role::Architect { token } else { Role::Operator }
}

/// The credentials of `Authorization: Bearer …` (RFC 6750 § 2.1); the scheme's case says nothing.
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

pub(super) fn describe_schemes(registry: &mut Registry) {
    registry.create_security_scheme(SCHEME, bearer_scheme("An access token: `Authorization: Bearer <JWT>`.", "JWT"));
    let key = "A key for programs: `Authorization: Bearer mp_sk_live_…`. Each operation says which scope it needs (`x-required-scope`).";
    registry.create_security_scheme(KEY_SCHEME, bearer_scheme(key, "mp_sk_live_"));
    let signature = MetaSecurityScheme {
        ty: "apiKey",
        description: Some("The signature of a linked device over the request (RFC 9421), with `Signature-Input` beside it."),
        name: Some("Signature"),
        key_in: Some("header"),
        scheme: None,
        bearer_format: None,
        flows: None,
        openid_connect_url: None,
    };
    registry.create_security_scheme(SIGNATURE_SCHEME, signature);
}

fn bearer_scheme(description: &'static str, format: &'static str) -> MetaSecurityScheme {
    MetaSecurityScheme {
        ty: "http",
        description: Some(description),
        name: None,
        key_in: None,
        scheme: Some("bearer"),
        bearer_format: Some(format),
        flows: None,
        openid_connect_url: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_never_says_more_than_the_row() {
        use Role::{Architect, Observer, Operator};
        assert_eq!(effective(Architect, Observer), Observer);
        assert_eq!(effective(Architect, Architect), Architect);
        assert_eq!(effective(Operator, Architect), Operator, "the role was taken away after the token was made");
        assert_eq!(effective(Observer, Architect), Operator);
    }

    #[test]
    fn only_bearer_credentials_are_a_token() {
        assert_eq!(bearer("bearer  abc"), Some("abc"));
        assert!(bearer("Basic abc").is_none() && bearer("Bearer ").is_none() && bearer("abc").is_none());
    }
}

//! The signed-in caller, as handlers ask for it.

use std::ops::Deref;

use domain::accounts::{AccountError, Role};
use poem::http::header::AUTHORIZATION;
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaSecurityScheme, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::cookie::BrowserCookie;
use crate::App;
use crate::gate::Known;
use crate::parameters::refuse_wrong;
use crate::problem::{AUTHENTICATION_REQUIRED, INVALID_TOKEN, Problem};

/// Somebody who may call: the token is ours, and its user is there and not suspended.
#[derive(Debug, Clone, Copy)]
pub struct Caller(pub domain::Caller);

/// The name of the scheme in the OpenAPI document.
pub const SCHEME: &str = "bearer";

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

    async fn find(request: &Request) -> Result<Self, Problem> {
        let app = App::of(request)?;
        // A token says who means to act; a cookie comes along by itself. So the token wins.
        let caller = if request.headers().contains_key(AUTHORIZATION) {
            let token = bearer_of(request).ok_or_else(|| Problem::new(&AUTHENTICATION_REQUIRED))?;
            by_token(app, token).await?
        } else {
            let cookie = BrowserCookie::of(request).ok_or_else(|| Problem::new(&AUTHENTICATION_REQUIRED))?;
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

/// The token of a request, if it brings one.
fn bearer_of(request: &Request) -> Option<&str> {
    request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer)
}

/// Whoever is gone or suspended has no good token; a database that is away is no reason to sign anybody out.
pub(super) fn turned_away(error: AccountError) -> Problem {
    match error {
        AccountError::Database(error) => error.into(),
        _ => Problem::new(&INVALID_TOKEN),
    }
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

pub(super) fn describe_scheme(registry: &mut Registry) {
    let scheme = MetaSecurityScheme {
        ty: "http",
        description: Some("An access token: `Authorization: Bearer <JWT>`."),
        name: None,
        key_in: None,
        scheme: Some("bearer"),
        bearer_format: Some("JWT"),
        flows: None,
        openid_connect_url: None,
    };
    registry.create_security_scheme(SCHEME, scheme);
}

impl<'a> ApiExtractor<'a> for Caller {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        describe_scheme(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![SCHEME]
    }

    async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        let caller = Self::of(request).await?;
        refuse_wrong(request)?;
        Ok(caller)
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

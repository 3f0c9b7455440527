//! Browsers keep no tokens: they trade a one-time secret, or a sign-in, for a cookie that no script can read.

use poem::Request;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::wire::{LoginLinkRequest, UserSummary};
use crate::App;
use crate::auth::{BrowserCookie, Person, csrf_token};
use crate::body::Body;
use crate::problem::{AUTHENTICATION_REQUIRED, Problem};
use crate::v1::Tag;
use crate::wire::Time;

pub struct BrowserApi {
    pub app: App,
}

/// A browser that is signed in.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct BrowserSession {
    /// Send it as `X-CSRF-Token` with everything that changes something.
    csrf_token: String,
    /// When the browser has to sign in again. Absent when it was not opened by this call.
    expires_at: Option<Time>,
    user: UserSummary,
}

#[derive(ApiResponse)]
enum Opened {
    /// Signed in; the cookie is in `Set-Cookie`.
    #[oai(status = 200)]
    Session(
        Json<BrowserSession>,
        /// `HttpOnly`, `SameSite=Strict`, and `Secure` wherever we are reached over TLS.
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

#[derive(ApiResponse)]
enum Closed {
    /// Signed out; `Set-Cookie` takes the cookie away.
    #[oai(status = 204)]
    Gone(#[oai(header = "Set-Cookie")] String),
}

#[OpenApi(prefix_path = "/v1/auth", tag = "Tag::Auth")]
impl BrowserApi {
    /// Sign a browser in with a one-time secret
    ///
    /// The secret stands in the fragment of the login link. It is used up by the first who brings it.
    #[oai(path = "/browser-session/link", method = "post", operation_id = "openBrowserSessionWithLink")]
    async fn open_with_link(&self, body: Body<LoginLinkRequest>) -> Result<Opened, Problem> {
        let signed_in = self.app.domain.sign_ins().by_link(&body.value.secret).await?;
        self.opened(&signed_in.caller()).await
    }

    /// Sign a browser in with an access token
    ///
    /// For pages that have signed somebody in by wallet, mail or Google, and then forget the tokens.
    #[oai(path = "/browser-session", method = "post", operation_id = "openBrowserSession")]
    async fn open(&self, caller: Person) -> Result<Opened, Problem> {
        self.opened(&caller).await
    }

    /// Who is signed in in this browser
    ///
    /// A page that was loaded anew learns its CSRF token here.
    #[oai(path = "/browser-session", method = "get", operation_id = "getBrowserSession")]
    async fn get(&self, caller: Person, request: &Request) -> Result<Json<BrowserSession>, Problem> {
        let cookie = BrowserCookie::of(request).ok_or_else(|| Problem::new(&AUTHENTICATION_REQUIRED).because("there is no cookie"))?;
        let user = self.app.domain.accounts().find(caller.user_id).await?;
        Ok(Json(BrowserSession { csrf_token: cookie.csrf_token(), expires_at: None, user: user.into() }))
    }

    /// Sign this browser out
    #[oai(path = "/browser-session", method = "delete", operation_id = "closeBrowserSession")]
    async fn close(&self, caller: Person) -> Result<Closed, Problem> {
        self.app.domain.sign_ins().close(&caller).await?;
        Ok(Closed::Gone(BrowserCookie::clear(&self.app.domain.settings().site)))
    }
}

impl BrowserApi {
    async fn opened(&self, caller: &domain::Caller) -> Result<Opened, Problem> {
        let domain = &self.app.domain;
        let session = domain.sign_ins().browser_session(caller).await?;
        let user = domain.accounts().find(caller.user_id).await?;
        let seconds = session.expires_at.since(domain.now()).as_secs();
        let cookie = BrowserCookie::set(&domain.settings().site, session.secret.reveal(), seconds);
        let csrf_token = csrf_token(session.secret.reveal());
        Ok(Opened::Session(Json(BrowserSession { csrf_token, expires_at: Some(session.expires_at.into()), user: user.into() }), cookie))
    }
}

//! The cookie of a browser that is signed in, and the header that proves that a page of ours sent the request.
//!
//! The cookie is `HttpOnly` and `SameSite=Strict`: no script reads it and no other site's request carries it. Since not every browser is of
//! this day, whatever changes something needs the header `X-CSRF-Token` as well, whose value another site can neither read nor guess: it is
//! made of the cookie's secret (the HMAC-based pattern of OWASP's cheat sheet).

use domain::siws::Site;
use hmac::{Hmac, Mac as _};
use poem::Request;
use poem::http::Method;
use poem::web::cookie::{Cookie, SameSite};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::caller::turned_away;
use crate::App;
use crate::problem::{AUTHENTICATION_REQUIRED, CSRF_TOKEN_REQUIRED, Problem};

/// Over TLS; the browser itself sees to it that it is for this host only, for all of it, and secure (RFC 6265bis § 4.1.3.2).
const SECURE_NAME: &str = "__Host-tallyman";
/// Over plain HTTP, which is for one's own machine.
const PLAIN_NAME: &str = "tallyman";
pub const CSRF_HEADER: &str = "x-csrf-token";

/// The secret that a browser brought.
pub struct BrowserCookie(String);

impl BrowserCookie {
    pub fn of(request: &Request) -> Option<Self> {
        let jar = request.headers().get_all("cookie").iter().filter_map(|value| value.to_str().ok());
        let pairs: Vec<_> = jar.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('=')).collect();
        let named = |wanted: &str| pairs.iter().find(|(name, value)| *name == wanted && !value.is_empty());
        named(SECURE_NAME).or_else(|| named(PLAIN_NAME)).map(|(_, secret)| Self((*secret).to_owned()))
    }

    pub async fn caller(&self, app: &App) -> Result<domain::Caller, Problem> {
        let holder = app.domain.sign_ins().by_cookie(&self.0).await?;
        let (user_id, credential) =
            holder.ok_or_else(|| Problem::new(&AUTHENTICATION_REQUIRED).because("the cookie is not good any more"))?;
        app.domain.accounts().caller(user_id, credential).await.map_err(turned_away)
    }

    /// What the page has to send along.
    pub fn csrf_token(&self) -> String {
        csrf_token(&self.0)
    }

    /// Methods that change nothing need no proof (RFC 9110 § 9.2.1).
    pub fn check_csrf(&self, request: &Request) -> Result<(), Problem> {
        if [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method()) {
            return Ok(());
        }
        let brought = request.headers().get(CSRF_HEADER).map(poem::http::HeaderValue::as_bytes).unwrap_or_default();
        if bool::from(brought.ct_eq(self.csrf_token().as_bytes())) {
            Ok(())
        } else {
            Err(Problem::new(&CSRF_TOKEN_REQUIRED).because("send the `csrf_token` of the browser session as `X-CSRF-Token`"))
        }
    }

    /// The cookie that gives a browser its secret, for so many seconds.
    pub fn set(site: &Site, secret: &str, seconds: u64) -> String {
        let mut cookie = Self::empty(site);
        cookie.set_value_str(secret);
        cookie.set_max_age(std::time::Duration::from_secs(seconds));
        cookie.to_string()
    }

    /// The cookie that takes it away.
    pub fn clear(site: &Site) -> String {
        let mut cookie = Self::empty(site);
        cookie.set_max_age(std::time::Duration::ZERO);
        cookie.to_string()
    }

    fn empty(site: &Site) -> Cookie {
        let mut cookie = Cookie::named(if site.is_secure() { SECURE_NAME } else { PLAIN_NAME });
        cookie.set_path("/");
        cookie.set_http_only(true);
        cookie.set_same_site(SameSite::Strict);
        cookie.set_secure(site.is_secure());
        cookie
    }
}

/// What a page with this cookie sends as `X-CSRF-Token`: 64 hexadecimal digits.
pub fn csrf_token(secret: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap_or_else(|_| unreachable!("HMAC takes keys of every length"));
    mac.update(b"csrf");
    mac.finalize().into_bytes().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

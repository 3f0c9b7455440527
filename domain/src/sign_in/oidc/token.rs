//! What an identity token says, if it is good.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entities::{EmailAddress, Timestamp};
use jsonwebtoken::Validation;
use serde::Deserialize;
use serde_json::Value;

use super::jwk::ProviderKey;

/// The provider's clock may be off by this much.
const CLOCKS_APART_SECONDS: i64 = 60;
const BYTES_MAX: usize = 8 * 1024;

/// What a token has to say.
pub struct Expected<'a> {
    pub issuers: &'a [&'a str],
    /// Our own names at the provider.
    pub audiences: &'a [String],
    /// What the page asked the provider to put in, if it did.
    pub nonce: Option<&'a str>,
    pub now: Timestamp,
}

/// What a token says.
#[derive(Debug, Clone, Deserialize)]
pub struct Claims {
    iss: String,
    aud: Audience,
    pub sub: String,
    pub exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: Option<String>,
    email: Option<String>,
    email_verified: Option<Value>,
    /// The organisation whose accounts are the provider's.
    hd: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Header {
    kid: Option<String>,
    crit: Option<Value>,
}

/// Which key the token says that it was signed with.
///
/// # Errors
/// What is wrong with it.
pub fn kid_of(token: &str) -> Result<String, &'static str> {
    if token.len() > BYTES_MAX {
        return Err("is too long");
    }
    let header = token.split('.').next().and_then(|head| URL_SAFE_NO_PAD.decode(head).ok());
    let header: Header = header.and_then(|head| serde_json::from_slice(&head).ok()).ok_or("is none")?;
    if header.crit.is_some() {
        return Err("has extensions that we do not know");
    }
    header.kid.ok_or("does not say which key has signed it")
}

/// What the token says, once its signature and all that was expected are found right.
///
/// # Errors
/// What is wrong with it.
pub fn read(token: &str, key: &ProviderKey, expected: &Expected<'_>) -> Result<Claims, &'static str> {
    // The library would ask the machine's clock; ours is a port. The algorithm is the key's, never the token's.
    let mut validation = Validation::new(key.algorithm);
    (validation.validate_exp, validation.validate_aud) = (false, false);
    validation.required_spec_claims.clear();
    let claims =
        jsonwebtoken::decode::<Claims>(token, &key.decoding, &validation).map_err(|_| "is not signed by that key, or none")?.claims;
    claims.check(expected).map(|()| claims)
}

impl Claims {
    fn check(&self, expected: &Expected<'_>) -> Result<(), &'static str> {
        let now = expected.now.micros() / 1_000_000;
        let refuse_unless = |holds: bool, why| if holds { Ok(()) } else { Err(why) };
        refuse_unless(expected.issuers.contains(&self.iss.as_str()), "was made by somebody else")?;
        refuse_unless(self.aud.is_ours(expected.audiences), "is for somebody else")?;
        refuse_unless(!self.sub.is_empty() && self.sub.len() <= 255, "names nobody")?;
        refuse_unless(now < self.exp.saturating_add(CLOCKS_APART_SECONDS), "is over")?;
        let begins = self.iat.max(self.nbf.unwrap_or(self.iat));
        refuse_unless(begins <= now.saturating_add(CLOCKS_APART_SECONDS), "is not valid yet")?;
        refuse_unless(self.nonce.as_deref() == expected.nonce, "has another nonce than was given")?;
        refuse_unless(self.email.is_none() || self.is_verified(), "names a mail address that nobody has verified")
    }

    /// The mailbox that the token proves: only one that the provider itself keeps. Of others it can say that somebody had them once.
    #[must_use]
    pub fn mailbox(&self) -> Option<EmailAddress> {
        let email: EmailAddress = self.email.as_deref()?.parse().ok()?;
        let is_kept = matches!(email.host(), "gmail.com" | "googlemail.com") || self.hd.as_deref().is_some_and(|hd| hd == email.host());
        Some(email).filter(|_| is_kept && self.is_verified())
    }

    /// The mail address as it is said; it proves nothing.
    #[must_use]
    pub fn email(&self) -> Option<String> {
        self.email.clone()
    }

    /// A truth, or as some have spelled it, a text.
    fn is_verified(&self) -> bool {
        matches!(&self.email_verified, Some(Value::Bool(true))) || self.email_verified.as_ref().is_some_and(|said| said == "true")
    }
}

impl Audience {
    fn is_ours(&self, ours: &[String]) -> bool {
        match self {
            Self::One(audience) => ours.contains(audience),
            Self::Many(audiences) => !audiences.is_empty() && audiences.iter().all(|audience| ours.contains(audience)),
        }
    }
}

//! Signing in with Google: an identity token that Google has signed for us, once.
//!
//! Which user it is: the one whose Google account it is. For an account that nobody has here yet, the user who has proved the same mailbox,
//! but only when Google itself keeps that mailbox (`gmail.com`, or a domain that it hosts and names in `hd`): then the account proves the
//! mailbox as well as a code that is sent to it. Any other address is a mere word, and the account makes a user of its own.

use entities::sign_in::Method;
use entities::spent_id_token;
use entities::user_identity::Kind;
use entities::{EmailAddress, Timestamp};
use platform::Txn;
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait as _, IntoActiveModel as _};

use super::oidc::{Claims, Expected, KeyError, ProviderError, kid_of, read};
use super::open::hash;
use super::{SignInError, SignIns, SignedIn};
use crate::accounts::{Caller, Identity, Proof};
use crate::idempotency::{self, Claim};

/// As Google has always spelled itself in tokens, beside its URL.
const GOOGLE: (&str, &str) = ("https://accounts.google.com", "accounts.google.com");

/// What a page got from Google.
#[derive(Clone)]
pub struct GoogleLogin {
    pub id_token: String,
    /// What the page asked Google to put into the token.
    pub nonce: Option<String>,
}

/// It lets its bearer in.
impl std::fmt::Debug for GoogleLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GoogleLogin(…)")
    }
}

impl SignIns<'_> {
    /// Sign in with a Google account; its first sign-in makes its user, or joins the one who has proved the same mailbox.
    ///
    /// # Errors
    /// [`SignInError::IdToken`] when the token is not good, [`SignInError::Provider`] when nobody can tell.
    pub async fn by_google(&self, login: &GoogleLogin) -> Result<SignedIn, SignInError> {
        let claims = self.identified(login).await?;
        let txn = self.domain.db.write().await?;
        spend(&txn, login, &claims).await?;
        let user = self.domain.accounts().proved(&txn, &Proof::google(&claims)).await?;
        let signed_in = self.open(&txn, user, Method::Google).await?;
        txn.commit().await?;
        Ok(signed_in)
    }

    /// The same proof makes the Google account one of the caller's identities.
    ///
    /// # Errors
    /// As [`by_google`](Self::by_google), and [`SignInError::Account`] when it is somebody else's or the caller has another.
    pub async fn add_google(&self, caller: &Caller, login: &GoogleLogin, claim: Option<&Claim>) -> Result<Identity, SignInError> {
        if let Some(earlier) = idempotency::earlier(&self.domain.db, claim).await? {
            return Ok(earlier);
        }
        let claims = self.identified(login).await?;
        self.add(caller, &Proof::google(&claims), claim, async |txn| spend(txn, login, &claims).await).await
    }

    /// What a good token says.
    async fn identified(&self, login: &GoogleLogin) -> Result<Claims, SignInError> {
        let settings = &self.domain.settings.sign_in;
        if settings.google_client_ids.is_empty() {
            return Err(SignInError::NotOffered(Kind::Google));
        }
        let (issuer, now) = (settings.google_issuer.as_str(), self.domain.now());
        let kid = kid_of(&login.id_token).map_err(SignInError::IdToken)?;
        let http = self.domain.ports.http_out.as_deref().ok_or(ProviderError::NoWayOut)?;
        let key = self.domain.provider_keys.key(http, issuer, &kid, now).await.map_err(|error| match error {
            KeyError::Unknown => SignInError::IdToken("names a key that Google does not have"),
            KeyError::Provider(error) => SignInError::Provider(error),
        })?;
        let issuers = if issuer == GOOGLE.0 { vec![GOOGLE.0, GOOGLE.1] } else { vec![issuer] };
        let audiences = &settings.google_client_ids;
        let expected = Expected { issuers: &issuers, audiences, nonce: login.nonce.as_deref(), now };
        read(&login.id_token, &key, &expected).map_err(SignInError::IdToken)
    }
}

/// A token signs in once. What was signed names it: the signature itself may have more than one spelling.
async fn spend(txn: &Txn, login: &GoogleLogin, claims: &Claims) -> Result<(), SignInError> {
    let (signed, _) = login.id_token.rsplit_once('.').unwrap_or_default();
    let row = spent_id_token::Model { token_hash: hash(signed), expires_at: Timestamp::from_micros(claims.exp.saturating_mul(1_000_000)) };
    let unless_spent = OnConflict::column(spent_id_token::Column::TokenHash).do_nothing().to_owned();
    let spent = spent_id_token::Entity::insert(row.into_active_model()).on_conflict(unless_spent).exec_without_returning(&**txn).await?;
    if spent == 1 { Ok(()) } else { Err(SignInError::IdToken("was used before")) }
}

impl Proof {
    fn google(claims: &Claims) -> Self {
        let mailbox: Option<EmailAddress> = claims.mailbox();
        Self { kind: Kind::Google, subject: claims.sub.clone(), email: claims.email(), mailbox }
    }
}

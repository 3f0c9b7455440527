//! `/v1/auth`: how somebody gets in and out.

mod browser;
mod email;
mod google;
mod wire;

use domain::sign_in::SignedIn;
use poem_openapi::OpenApi;
use poem_openapi::payload::Json;

use crate::App;
use crate::auth::Person;
use crate::body::Body;
use crate::convention::Deleted;
use crate::problem::Problem;
use crate::v1::Tag;

pub use browser::BrowserApi;
pub(super) use email::CodeRequest;
pub use email::EmailApi;
pub use google::GoogleApi;
pub(super) use google::GoogleRequest;
use wire::{Challenge, ChallengeRequest, LoginLinkRequest, RefreshRequest, Session};
pub(super) use wire::{UserRole, UserState, UserSummary, WalletLoginRequest};

pub struct AuthApi {
    pub app: App,
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Auth")]
impl AuthApi {
    /// Ask for something to sign
    ///
    /// Sign-In With Solana. Let the wallet sign `message`, or let it put the message together from the parts.
    #[oai(path = "/auth/challenge", method = "post", operation_id = "challengeWallet")]
    async fn challenge(&self, body: Body<ChallengeRequest>) -> Result<Json<Challenge>, Problem> {
        let challenge = self.app.domain.sign_ins().challenge(body.value.address.0).await?;
        Ok(Json(challenge.into()))
    }

    /// Sign in with a wallet
    ///
    /// The first sign-in of a wallet makes its user. Five wrong answers end a challenge.
    #[oai(path = "/auth/login/wallet", method = "post", operation_id = "loginWithWallet")]
    async fn login_with_wallet(&self, body: Body<WalletLoginRequest>) -> Result<Json<Session>, Problem> {
        let signed_in = self.app.domain.sign_ins().by_wallet(&body.value.read()?).await?;
        session(&self.app, signed_in)
    }

    /// Sign in with a wallet, by its older path
    #[oai(path = "/users/auth", method = "post", operation_id = "authenticateUser")]
    async fn authenticate_user(&self, body: Body<WalletLoginRequest>) -> Result<Json<Session>, Problem> {
        self.login_with_wallet(body).await
    }

    /// Sign in with a one-time secret
    ///
    /// The secret is used up by the first who brings it.
    #[oai(path = "/auth/login/link", method = "post", operation_id = "loginWithLink")]
    async fn login_with_link(&self, body: Body<LoginLinkRequest>) -> Result<Json<Session>, Problem> {
        let signed_in = self.app.domain.sign_ins().by_link(&body.value.secret).await?;
        session(&self.app, signed_in)
    }

    /// Carry a sign-in on
    ///
    /// Answers a new pair of tokens. A refresh token is good once: one that comes again closes the whole sign-in, because somebody else has it.
    #[oai(path = "/auth/refresh", method = "post", operation_id = "refresh")]
    async fn refresh(&self, body: Body<RefreshRequest>) -> Result<Json<Session>, Problem> {
        let signed_in = self.app.domain.sign_ins().refresh(&body.value.refresh_token).await?;
        session(&self.app, signed_in)
    }

    /// Sign out
    ///
    /// Closes the sign-in that the token or the cookie belongs to, with all its tokens. A token from the shell belongs to none.
    #[oai(path = "/auth/logout", method = "post", operation_id = "logout")]
    async fn logout(&self, caller: Person) -> Result<Deleted, Problem> {
        self.app.domain.sign_ins().close(&caller).await?;
        Ok(Deleted::Gone)
    }

    /// Sign out everywhere
    ///
    /// Closes every sign-in of the caller's, on every device.
    #[oai(path = "/auth/logout-everywhere", method = "post", operation_id = "logoutEverywhere")]
    async fn logout_everywhere(&self, caller: Person) -> Result<Deleted, Problem> {
        self.app.domain.sign_ins().close_all(&caller).await?;
        Ok(Deleted::Gone)
    }
}

/// The tokens of somebody who is in.
pub(super) fn session(app: &App, signed_in: SignedIn) -> Result<Json<Session>, Problem> {
    let lifetime = app.settings.access_token_lifetime();
    let access_token = app.tokens.issue(&signed_in.caller(), lifetime).map_err(|error| Problem::internal(error.to_string()))?;
    Ok(Json(Session {
        token: access_token.clone(),
        access_token,
        refresh_token: signed_in.refresh_token.reveal().to_owned(),
        expires_in: u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX),
        refresh_expires_at: signed_in.refresh_expires_at.into(),
        user: signed_in.user.into(),
    }))
}

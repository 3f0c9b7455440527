//! Signing in, as it stands on the wire.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::accounts::{Role, State, User};
use domain::entities::id::UserId;
use domain::sign_in::{self, Signed, WalletLogin};
use poem_openapi::{Enum, Object};

use crate::problem::{INVALID_SIGN_IN_MESSAGE, Problem};
use crate::wire::{Id, Time, Verbatim, Wallet};

/// Which wallet wants to sign in.
#[derive(Debug, Object)]
pub struct ChallengeRequest {
    pub address: Wallet,
}

/// What the wallet signs.
#[derive(Debug, Object)]
pub struct Challenge {
    /// It is answered once.
    nonce: String,
    /// The whole message, for wallets that sign texts.
    message: String,
    /// The parts, for wallets that put the message together themselves (`signIn`).
    domain: String,
    uri: String,
    chain_id: String,
    issued_at: Time,
    expires_at: Time,
}

impl From<sign_in::Challenge> for Challenge {
    fn from(challenge: sign_in::Challenge) -> Self {
        Self {
            nonce: challenge.nonce,
            message: challenge.message,
            domain: challenge.site.domain,
            uri: challenge.site.uri,
            chain_id: challenge.site.chain.name().to_owned(),
            issued_at: challenge.issued_at.into(),
            expires_at: challenge.expires_at.into(),
        }
    }
}

/// A signed challenge. Send `message` or `signed_message`; with both, `signed_message` counts.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct WalletLoginRequest {
    pub address: Wallet,
    /// The text that was signed.
    pub message: Option<Verbatim>,
    /// The bytes that were signed, in base64, with the preamble of an off-chain message if the wallet put one there.
    pub signed_message: Option<Verbatim>,
    /// 64 bytes in base58, or in base64 with its padding.
    pub signature: Verbatim,
}

impl WalletLoginRequest {
    /// # Errors
    /// 401 when the signature or the signed bytes cannot be read, 400 when there is no message at all.
    pub fn read(self) -> Result<WalletLogin, Problem> {
        let signed = match (self.signed_message, self.message) {
            (Some(Verbatim(bytes)), _) => {
                let unreadable = |_| Problem::new(&INVALID_SIGN_IN_MESSAGE).because("`signed_message` is not base64 with its padding");
                Signed::Bytes(STANDARD.decode(bytes).map_err(unreadable)?)
            }
            (None, Some(Verbatim(text))) => Signed::Text(text),
            (None, None) => return Err(Problem::invalid_parameter("/message", "required, unless `signed_message` is given")),
        };
        let signature = self.signature.0.parse().map_err(sign_in::SignInError::Signature)?;
        Ok(WalletLogin { address: self.address.0, signed, signature })
    }
}

/// A refresh token.
#[derive(Debug, Object)]
pub struct RefreshRequest {
    /// It is good once: the answer has the next one.
    #[oai(validator(max_length = 256))]
    pub refresh_token: String,
}

/// A one-time secret, as it stands in the fragment of a login link.
#[derive(Debug, Object)]
pub struct LoginLinkRequest {
    /// It works once.
    #[oai(validator(min_length = 16, max_length = 256))]
    pub secret: String,
}

/// Signed in.
#[derive(Debug, Object)]
pub struct Session {
    /// For `Authorization: Bearer …`.
    pub access_token: String,
    /// For `POST /v1/auth/refresh`, once.
    pub refresh_token: String,
    /// Seconds for which the access token is good.
    pub expires_in: u32,
    /// Until when the refresh token is good.
    pub refresh_expires_at: Time,
    /// The access token again, for clients of an older API.
    pub token: String,
    pub user: UserSummary,
}

/// Who is signed in.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct UserSummary {
    id: Id<UserId>,
    role: UserRole,
    name: Option<String>,
    wallet_address: Option<Wallet>,
    /// The address that a code was sent to, or that Google vouches for.
    email: Option<String>,
}

/// What a user may do beyond what they own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum UserRole {
    Architect,
    Operator,
    Observer,
}

impl From<Role> for UserRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Architect => Self::Architect,
            Role::Operator => Self::Operator,
            Role::Observer => Self::Observer,
        }
    }
}

impl From<UserRole> for Role {
    fn from(role: UserRole) -> Self {
        match role {
            UserRole::Architect => Self::Architect,
            UserRole::Operator => Self::Operator,
            UserRole::Observer => Self::Observer,
        }
    }
}

/// Whether a user may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum UserState {
    Active,
    Suspended,
}

impl From<State> for UserState {
    fn from(state: State) -> Self {
        match state {
            State::Active => Self::Active,
            State::Suspended => Self::Suspended,
        }
    }
}

impl From<User> for UserSummary {
    fn from(user: User) -> Self {
        Self {
            id: user.id.into(),
            role: user.role.into(),
            name: user.name,
            wallet_address: user.wallet_address.map(Into::into),
            email: user.email,
        }
    }
}

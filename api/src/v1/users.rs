//! `/v1/users/me`: what users say about themselves, and how they get in.

use domain::Domain;
use domain::accounts::{self, IdentityKind, Profile};
use domain::entities::id::IdentityId;
use domain::profiles;
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use super::auth::{CodeRequest, GoogleRequest, UserSummary, WalletLoginRequest};
use super::profiles::Profile as MarketProfile;
use crate::auth::{Caller, Person};
use crate::body::Body;
use crate::convention::{Deleted, IdempotencyKey};
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::{Id, Time};

pub struct UsersApi {
    pub domain: Domain,
}

/// A user, as they see themselves.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct User {
    #[oai(flatten)]
    summary: UserSummary,
    mail_preferences: MailPreferences,
    /// What the user is on the market.
    profiles: Vec<MarketProfile>,
    created_at: Time,
}

/// Which mails a user wants. Those that signing in needs are always sent.
#[derive(Debug, Clone, Copy, Object)]
struct MailPreferences {
    /// Runs of agents that ended.
    #[oai(default)]
    executions: bool,
    /// Money that came or went.
    #[oai(default)]
    payments: bool,
    /// News about the product.
    #[oai(default)]
    news: bool,
}

/// All that a user may change of their own. What is absent is taken away.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct UserRequest {
    /// How the user wants to be called.
    name: Option<String>,
    mail_preferences: Option<MailPreferences>,
}

/// What kind of thing was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum UserIdentityKind {
    Wallet,
    Email,
    Google,
}

/// What a user has proved to be theirs; whoever proves it signs in as them.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct Identity {
    id: Id<IdentityId>,
    kind: UserIdentityKind,
    /// The wallet's address, the mail address, or the number of the Google account.
    subject: String,
    /// The mail address of the Google account.
    email: Option<String>,
    created_at: Time,
}

#[derive(Debug, Object)]
struct IdentityList {
    identities: Vec<Identity>,
}

impl User {
    fn new(user: accounts::User, profiles: Vec<profiles::Profile>) -> Self {
        let accounts::MailPreferences { executions, payments, news } = user.mail_preferences.unwrap_or_default();
        let (mail_preferences, created_at) = (MailPreferences { executions, payments, news }, user.created_at.into());
        let profiles = profiles.into_iter().map(Into::into).collect();
        Self { summary: user.into(), mail_preferences, profiles, created_at }
    }
}

impl From<UserRequest> for Profile {
    fn from(request: UserRequest) -> Self {
        let wanted = request.mail_preferences.map(|MailPreferences { executions, payments, news }| accounts::MailPreferences {
            executions,
            payments,
            news,
        });
        Self { name: request.name, mail_preferences: wanted.unwrap_or_default() }
    }
}

impl From<accounts::Identity> for Identity {
    fn from(identity: accounts::Identity) -> Self {
        Self {
            id: identity.id.into(),
            kind: match identity.kind {
                IdentityKind::Wallet => UserIdentityKind::Wallet,
                IdentityKind::Email => UserIdentityKind::Email,
                IdentityKind::Google => UserIdentityKind::Google,
            },
            subject: identity.subject,
            email: identity.email,
            created_at: identity.created_at.into(),
        }
    }
}

#[OpenApi(prefix_path = "/v1/users/me", tag = "Tag::Users")]
impl UsersApi {
    /// Who the caller is
    #[oai(path = "/", method = "get", operation_id = "getOwnUser")]
    async fn get(&self, caller: Caller) -> Result<Json<User>, Problem> {
        let user = self.domain.accounts().find(caller.user_id).await?;
        Ok(Json(User::new(user, self.domain.profiles().own(&caller).await?)))
    }

    /// Change what the caller says about themselves
    #[oai(path = "/", method = "put", operation_id = "updateOwnUser")]
    async fn update(&self, caller: Caller, body: Body<UserRequest>) -> Result<Json<User>, Problem> {
        let user = self.domain.accounts().change(&caller, body.value.into()).await?;
        Ok(Json(User::new(user, self.domain.profiles().own(&caller).await?)))
    }

    /// The ways in which the caller gets in
    #[oai(path = "/identities", method = "get", operation_id = "listOwnIdentities")]
    async fn identities(&self, caller: Caller) -> Result<Json<IdentityList>, Problem> {
        let identities = self.domain.accounts().identities(&caller).await?;
        Ok(Json(IdentityList { identities: identities.into_iter().map(Into::into).collect() }))
    }

    /// Add a wallet
    ///
    /// With the same proof as for signing in. A wallet of another user's is refused; nothing is ever joined.
    #[oai(path = "/identities/wallet", method = "post", operation_id = "addWallet")]
    async fn add_wallet(
        &self,
        caller: Person,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        body: Body<WalletLoginRequest>,
    ) -> Result<Json<Identity>, Problem> {
        let claim = key.claim(&caller, &body.document);
        let identity = self.domain.sign_ins().add_wallet(&caller, &body.value.read()?, claim.as_ref()).await?;
        Ok(Json(identity.into()))
    }

    /// Add a mail address
    ///
    /// With a code that was sent to it. A mailbox of another user's is refused; nothing is ever joined.
    #[oai(path = "/identities/email", method = "post", operation_id = "addEmail")]
    async fn add_email(
        &self,
        caller: Person,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        body: Body<CodeRequest>,
    ) -> Result<Json<Identity>, Problem> {
        let claim = key.claim(&caller, &body.document);
        let CodeRequest { email, code } = body.value;
        Ok(Json(self.domain.sign_ins().add_email(&caller, &email.0, &code, claim.as_ref()).await?.into()))
    }

    /// Add a Google account
    ///
    /// With the same proof as for signing in. An account of another user's is refused; nothing is ever joined.
    #[oai(path = "/identities/google", method = "post", operation_id = "addGoogle")]
    async fn add_google(
        &self,
        caller: Person,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        body: Body<GoogleRequest>,
    ) -> Result<Json<Identity>, Problem> {
        let claim = key.claim(&caller, &body.document);
        Ok(Json(self.domain.sign_ins().add_google(&caller, &body.value.into(), claim.as_ref()).await?.into()))
    }

    /// Part with a way in
    ///
    /// The last one stays.
    #[oai(path = "/identities/:id", method = "delete", operation_id = "deleteOwnIdentity")]
    async fn unlink(&self, caller: Person, id: Path<Id<IdentityId>>) -> Result<Deleted, Problem> {
        self.domain.accounts().unlink(&caller, id.0.0).await?;
        Ok(Deleted::Gone)
    }
}

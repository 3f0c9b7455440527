//! `/v1/auth`: how somebody gets an access token.

use domain::Domain;
use domain::accounts::{Role, User};
use domain::entities::id::UserId;
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use crate::App;
use crate::body::Body;
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::Id;

pub struct AuthApi {
    pub app: App,
}

/// A one-time secret, as it stands in the fragment of a login link.
#[derive(Debug, Object)]
struct LoginLinkRequest {
    /// It works once.
    #[oai(validator(min_length = 16, max_length = 256))]
    secret: String,
}

/// Signed in.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct Session {
    /// For `Authorization: Bearer …`.
    access_token: String,
    /// Seconds for which the access token is good.
    expires_in: u32,
    user: UserSummary,
}

/// Who is signed in.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
struct UserSummary {
    id: Id<UserId>,
    role: UserRole,
    name: Option<String>,
    wallet_address: Option<String>,
}

/// What a user may do beyond what they own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum UserRole {
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

impl From<User> for UserSummary {
    fn from(user: User) -> Self {
        Self { id: user.id.into(), role: user.role.into(), name: user.name, wallet_address: user.wallet_address }
    }
}

#[OpenApi(prefix_path = "/v1/auth", tag = "Tag::Auth")]
impl AuthApi {
    /// Sign in with a one-time secret
    ///
    /// The secret is used up by the first who brings it.
    #[oai(path = "/login/link", method = "post", operation_id = "loginWithLink")]
    async fn login_with_link(&self, body: Body<LoginLinkRequest>) -> Result<Json<Session>, Problem> {
        let user = self.domain().accounts().redeem(&body.value.secret).await?;
        let lifetime = self.app.settings.access_token_lifetime();
        let token = self.app.tokens.issue(user.id, user.role, user.wallet_address.clone(), lifetime);
        let access_token = token.map_err(|error| Problem::internal(error.to_string()))?;
        let expires_in = u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX);
        Ok(Json(Session { access_token, expires_in, user: user.into() }))
    }
}

impl AuthApi {
    fn domain(&self) -> &Domain {
        &self.app.domain
    }
}

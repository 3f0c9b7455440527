//! Signing in with Google.

use domain::limits::Policy;
use domain::sign_in::GoogleLogin;
use poem::Request;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::session;
use super::wire::Session;
use crate::App;
use crate::body::Body;
use crate::gate::subject;
use crate::problem::Problem;
use crate::v1::Tag;

pub struct GoogleApi {
    pub app: App,
}

/// What a page got from Google.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct GoogleRequest {
    /// The identity token. It is good once.
    #[oai(validator(max_length = 8192))]
    id_token: String,
    /// What the page asked Google to put into the token; required when it did.
    #[oai(validator(min_length = 1, max_length = 255))]
    nonce: Option<String>,
}

impl From<GoogleRequest> for GoogleLogin {
    fn from(request: GoogleRequest) -> Self {
        Self { id_token: request.id_token, nonce: request.nonce }
    }
}

#[OpenApi(prefix_path = "/v1/auth/login", tag = "Tag::Auth")]
impl GoogleApi {
    /// Sign in with Google
    ///
    /// The first sign-in of an account makes its user, or joins the one who has proved the same mailbox, if Google itself keeps that mailbox.
    #[oai(path = "/google", method = "post", operation_id = "loginWithGoogle")]
    async fn login(&self, request: &Request, body: Body<GoogleRequest>) -> Result<Json<Session>, Problem> {
        let domain = &self.app.domain;
        domain.limits().count(Policy::Login, &subject(request)).await?;
        session(&self.app, domain.sign_ins().by_google(&body.value.into()).await?)
    }
}

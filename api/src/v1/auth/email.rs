//! Signing in with a code that is sent by mail.

use domain::limits::Policy;
use poem::Request;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::session;
use super::wire::Session;
use crate::App;
use crate::body::Body;
use crate::gate::subject;
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::Email;

pub struct EmailApi {
    pub app: App,
}

/// Where the code goes.
#[derive(Debug, Object)]
struct SendCodeRequest {
    email: Email,
}

/// A code that somebody has read.
#[derive(Debug, Object)]
pub struct CodeRequest {
    pub email: Email,
    /// The six digits of the newest mail.
    #[oai(validator(pattern = "^[0-9]{6}$"))]
    pub code: String,
}

/// A mail is on its way.
#[derive(Debug, Object)]
struct CodeSent {
    /// Seconds for which the code is good.
    expires_in: u32,
}

#[derive(ApiResponse)]
enum Sent {
    /// The same for every address, whether somebody has it here or not.
    #[oai(status = 202)]
    Sent(Json<CodeSent>),
}

#[OpenApi(prefix_path = "/v1/auth/email", tag = "Tag::Auth")]
impl EmailApi {
    /// Ask for a code by mail
    ///
    /// Six digits, good for ten minutes and three tries. The code before it is of no use any more. Five an hour for an address, and for a caller.
    #[oai(path = "/send-otp", method = "post", operation_id = "sendSignInCode")]
    async fn send(&self, request: &Request, body: Body<SendCodeRequest>) -> Result<Sent, Problem> {
        let domain = &self.app.domain;
        domain.limits().count(Policy::OtpIp, &subject(request)).await?;
        let good_for = domain.sign_ins().send_code(&body.value.email.0).await?;
        Ok(Sent::Sent(Json(CodeSent { expires_in: u32::try_from(good_for.as_secs()).unwrap_or(u32::MAX) })))
    }

    /// Sign in with a code
    ///
    /// The first sign-in of an address makes its user.
    #[oai(path = "/verify-otp", method = "post", operation_id = "loginWithCode")]
    async fn verify(&self, request: &Request, body: Body<CodeRequest>) -> Result<Json<Session>, Problem> {
        let domain = &self.app.domain;
        domain.limits().count(Policy::Login, &subject(request)).await?;
        session(&self.app, domain.sign_ins().by_code(&body.value.email.0, &body.value.code).await?)
    }
}

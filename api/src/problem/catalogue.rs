//! Every type of problem that the API answers with. `docs/problems.md` tells the same to people, and a test keeps both equal.

use domain::Class;
use poem::http::StatusCode;

/// One type of problem.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The last part of the `type` URI.
    pub code: &'static str,
    pub status: u16,
    pub title: &'static str,
}

impl Kind {
    const fn new(status: u16, code: &'static str, title: &'static str) -> Self {
        Self { code, status, title }
    }

    /// The entry of that code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<&'static Self> {
        CATALOGUE.iter().copied().find(|kind| kind.code == code)
    }

    /// What a class of errors is called when its code says nothing more.
    #[must_use]
    pub fn of_class(class: Class) -> &'static Self {
        match class {
            Class::Invalid => &VALIDATION_FAILED,
            Class::Missing => &NOT_FOUND,
            Class::Forbidden => &FORBIDDEN,
            Class::Refused => &REFUSED,
            Class::Conflict => &CONFLICT,
            Class::Limited => &LIMITED,
            Class::Unavailable => &UNAVAILABLE,
            Class::Bug => &INTERNAL,
        }
    }

    /// The entry for a status that the framework answered with.
    #[must_use]
    pub fn of_status(status: StatusCode) -> &'static Self {
        let first = CATALOGUE.iter().copied().find(|kind| kind.status == status.as_u16());
        first.unwrap_or(if status.is_client_error() { &MALFORMED_REQUEST } else { &INTERNAL })
    }

    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The `type` member: relative to the server that answered (RFC 9457 § 3.1.1), where it can be looked up.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("/problems/{}", self.code)
    }
}

pub static VALIDATION_FAILED: Kind = Kind::new(400, "validation-failed", "Validation failed");
pub static MALFORMED_REQUEST: Kind = Kind::new(400, "malformed-request", "Malformed request");
pub static INVALID_PAGE_TOKEN: Kind = Kind::new(400, "invalid-page-token", "Invalid page token");
// The titles are the words of RFC 8628 § 3.5, which clients of that flow look for in `error`.
pub static AUTHORIZATION_PENDING: Kind = Kind::new(400, "authorization-pending", "authorization_pending");
pub static SLOW_DOWN: Kind = Kind::new(400, "slow-down", "slow_down");
pub static ACCESS_DENIED: Kind = Kind::new(400, "access-denied", "access_denied");
pub static EXPIRED_TOKEN: Kind = Kind::new(400, "expired-token", "expired_token");
pub static INVALID_GRANT: Kind = Kind::new(400, "invalid-grant", "invalid_grant");
pub static AUTHENTICATION_REQUIRED: Kind = Kind::new(401, "authentication-required", "Authentication required");
pub static INVALID_TOKEN: Kind = Kind::new(401, "invalid-token", "Invalid token");
pub static INVALID_LOGIN_LINK: Kind = Kind::new(401, "invalid-login-link", "Invalid login link");
pub static INVALID_SIGN_IN_MESSAGE: Kind = Kind::new(401, "invalid-sign-in-message", "Invalid sign-in message");
pub static INVALID_SIGNATURE: Kind = Kind::new(401, "invalid-signature", "Invalid signature");
pub static DEVICE_NOT_LINKED: Kind = Kind::new(401, "device-not-linked", "Device not linked");
pub static INVALID_NONCE: Kind = Kind::new(401, "invalid-nonce", "Invalid nonce");
pub static INVALID_CODE: Kind = Kind::new(401, "invalid-code", "Invalid code");
pub static INVALID_ID_TOKEN: Kind = Kind::new(401, "invalid-id-token", "Invalid identity token");
pub static INVALID_REFRESH_TOKEN: Kind = Kind::new(401, "invalid-refresh-token", "Invalid refresh token");
pub static INSUFFICIENT_FUNDS: Kind = Kind::new(402, "insufficient-funds", "Insufficient funds");
pub static FORBIDDEN: Kind = Kind::new(403, "forbidden", "Forbidden");
pub static ACCOUNT_SUSPENDED: Kind = Kind::new(403, "account-suspended", "Account suspended");
pub static INSUFFICIENT_SCOPE: Kind = Kind::new(403, "insufficient-scope", "Insufficient scope");
pub static CSRF_TOKEN_REQUIRED: Kind = Kind::new(403, "csrf-token-required", "CSRF token required");
pub static ENTITLEMENT_REQUIRED: Kind = Kind::new(403, "entitlement-required", "Entitlement required");
pub static AGENT_SUSPENDED: Kind = Kind::new(403, "agent-suspended", "Agent suspended");
pub static SPENDING_LIMIT: Kind = Kind::new(403, "spending-limit", "Spending limit reached");
pub static NOT_FOUND: Kind = Kind::new(404, "not-found", "Not found");
pub static METHOD_NOT_ALLOWED: Kind = Kind::new(405, "method-not-allowed", "Method not allowed");
pub static CONFLICT: Kind = Kind::new(409, "conflict", "Conflict");
pub static REFUSED: Kind = Kind::new(409, "refused", "Refused");
pub static PROFILE_REQUIRED: Kind = Kind::new(409, "profile-required", "Profile required");
pub static DEPOSIT_REFUSED: Kind = Kind::new(409, "deposit-refused", "Not a deposit");
pub static TRANSFER_REUSED: Kind = Kind::new(409, "transfer-reused", "Transfer id reused");
pub static TRANSFER_STATE: Kind = Kind::new(409, "transfer-state", "Transfer is in another state");
pub static AMOUNT_OVERFLOW: Kind = Kind::new(409, "amount-overflow", "Amount too large");
pub static UNIQUE_JOB_EXISTS: Kind = Kind::new(409, "unique-job-exists", "Unique job exists");
pub static JOB_STATE: Kind = Kind::new(409, "job-state", "Job is in another state");
pub static AGENT_STATE: Kind = Kind::new(409, "agent-state", "Agent is in another state");
pub static EXECUTION_STATE: Kind = Kind::new(409, "execution-state", "Execution is in another state");
pub static IMAGE_REFUSED: Kind = Kind::new(409, "image-refused", "Image refused");
pub static WEBHOOK_DISABLED: Kind = Kind::new(409, "webhook-disabled", "Webhook is disabled");
pub static IDENTITY_TAKEN: Kind = Kind::new(409, "identity-taken", "Identity taken");
pub static LOST_LEASE: Kind = Kind::new(409, "lost-lease", "Lost lease");
pub static IDEMPOTENCY_IN_PROGRESS: Kind = Kind::new(409, "idempotency-in-progress", "Request in progress");
pub static OPERATION_GONE: Kind = Kind::new(410, "operation-gone", "Operation is not kept any more");
pub static PRECONDITION_FAILED: Kind = Kind::new(412, "precondition-failed", "Precondition failed");
pub static BODY_TOO_LARGE: Kind = Kind::new(413, "body-too-large", "Body too large");
pub static UNSUPPORTED_MEDIA_TYPE: Kind = Kind::new(415, "unsupported-media-type", "Unsupported media type");
pub static IDEMPOTENCY_KEY_REUSED: Kind = Kind::new(422, "idempotency-key-reused", "Idempotency key reused");
pub static LIMITED: Kind = Kind::new(429, "limited", "Too many requests, please try again later");
pub static EXECUTION_LIMIT: Kind = Kind::new(429, "execution-limit", "Execution limit reached");
pub static INTERNAL: Kind = Kind::new(500, "internal", "Internal server error");
pub static UNAVAILABLE: Kind = Kind::new(503, "unavailable", "Service unavailable");
pub static IDENTITY_PROVIDER_UNAVAILABLE: Kind = Kind::new(503, "identity-provider-unavailable", "Identity provider unavailable");
pub static TIMED_OUT: Kind = Kind::new(503, "timed-out", "Request timed out");

/// All of them, in the order of the page. The first one of a status stands for it.
pub static CATALOGUE: &[&Kind] = &[
    &MALFORMED_REQUEST,
    &VALIDATION_FAILED,
    &INVALID_PAGE_TOKEN,
    &AUTHORIZATION_PENDING,
    &SLOW_DOWN,
    &ACCESS_DENIED,
    &EXPIRED_TOKEN,
    &INVALID_GRANT,
    &AUTHENTICATION_REQUIRED,
    &INVALID_TOKEN,
    &INVALID_LOGIN_LINK,
    &INVALID_SIGN_IN_MESSAGE,
    &INVALID_SIGNATURE,
    &DEVICE_NOT_LINKED,
    &INVALID_NONCE,
    &INVALID_CODE,
    &INVALID_ID_TOKEN,
    &INVALID_REFRESH_TOKEN,
    &INSUFFICIENT_FUNDS,
    &FORBIDDEN,
    &ACCOUNT_SUSPENDED,
    &INSUFFICIENT_SCOPE,
    &CSRF_TOKEN_REQUIRED,
    &ENTITLEMENT_REQUIRED,
    &AGENT_SUSPENDED,
    &SPENDING_LIMIT,
    &NOT_FOUND,
    &METHOD_NOT_ALLOWED,
    &CONFLICT,
    &REFUSED,
    &PROFILE_REQUIRED,
    &DEPOSIT_REFUSED,
    &TRANSFER_REUSED,
    &TRANSFER_STATE,
    &AMOUNT_OVERFLOW,
    &UNIQUE_JOB_EXISTS,
    &JOB_STATE,
    &AGENT_STATE,
    &EXECUTION_STATE,
    &IMAGE_REFUSED,
    &WEBHOOK_DISABLED,
    &IDENTITY_TAKEN,
    &LOST_LEASE,
    &IDEMPOTENCY_IN_PROGRESS,
    &OPERATION_GONE,
    &PRECONDITION_FAILED,
    &BODY_TOO_LARGE,
    &UNSUPPORTED_MEDIA_TYPE,
    &IDEMPOTENCY_KEY_REUSED,
    &LIMITED,
    &EXECUTION_LIMIT,
    &INTERNAL,
    &UNAVAILABLE,
    &IDENTITY_PROVIDER_UNAVAILABLE,
    &TIMED_OUT,
];

//! `/v1/link`: devices that act for somebody with a key pair of their own, paired as in RFC 8628.

mod wire;

use domain::accounts::Credential;
use domain::devices::{Approval, DeviceError, UserCode};
use domain::entities::id::DeviceLinkId;
use domain::limits::Policy;
use poem::Request;
use poem_openapi::OpenApi;
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use serde_json::Value;

use crate::App;
use crate::auth::{Caller, Person};
use crate::body::Body;
use crate::convention::{Deleted, IdempotencyKey};
use crate::gate::subject;
use crate::problem::Problem;
use crate::v1::Tag;
use crate::wire::Id;

use wire::{ApproveRequest, Device, DeviceList, LinkRequest, LinkTokenRequest, Pairing, WaitingDevice};

pub struct DevicesApi {
    pub app: App,
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Devices")]
impl DevicesApi {
    /// Ask to be linked
    ///
    /// Show `user_code` and `verification_uri` to a person, keep `device_code`, and ask `POST /v1/link/token` every `interval` seconds.
    #[oai(path = "/link", method = "post", operation_id = "startLink")]
    async fn start(&self, request: &Request, body: Body<LinkRequest>) -> Result<Json<Pairing>, Problem> {
        self.app.domain.limits().count(Policy::Link, &subject(request)).await?;
        let pairing = self.app.domain.devices().start(body.value.into()).await?;
        Ok(Json(Pairing::of(&pairing, &self.app.settings.public_url(), self.app.domain.now())))
    }

    /// Ask whether somebody has said yes
    ///
    /// `authorization-pending` and `slow-down` mean to ask again, the second one later than before. `error` holds the words of RFC 8628.
    #[oai(path = "/link/token", method = "post", operation_id = "pollLink")]
    async fn poll(&self, body: Body<LinkTokenRequest>) -> Result<Json<Device>, Problem> {
        let proof = body.value.proof.parse().map_err(DeviceError::Signature)?;
        Ok(Json(self.app.domain.devices().poll(&body.value.device_code, &proof).await?.into()))
    }

    /// The device that waits with a code
    ///
    /// Look whether it is the one in front of you before you say yes.
    #[oai(path = "/link/:code", method = "get", operation_id = "getLink")]
    async fn waiting(&self, caller: Person, code: Path<String>) -> Result<Json<WaitingDevice>, Problem> {
        let code = self.code(&caller, &code).await?;
        Ok(Json(self.app.domain.devices().waiting(&code).await?.into()))
    }

    /// Say yes to a device
    ///
    /// It acts for the caller from then on, by the name of the caller's profile, until they part with it.
    #[oai(path = "/link/:code/approve", method = "post", operation_id = "approveLink")]
    async fn approve(
        &self,
        caller: Person,
        code: Path<String>,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
        body: Body<ApproveRequest>,
    ) -> Result<Json<Device>, Problem> {
        let code = self.code(&caller, &code).await?;
        let claim = key.claim(&caller, &body.document);
        let answer = Approval { shown: body.value.link_id.map(|id| id.0), profile: body.value.profile.map(Into::into) };
        Ok(Json(self.app.domain.devices().approve(&caller, &code, answer, claim.as_ref()).await?.into()))
    }

    /// Say no to a device
    #[oai(path = "/link/:code/deny", method = "post", operation_id = "denyLink")]
    async fn deny(
        &self,
        caller: Person,
        code: Path<String>,
        #[oai(name = "Idempotency-Key")] key: IdempotencyKey,
    ) -> Result<Deleted, Problem> {
        let code = self.code(&caller, &code).await?;
        self.app.domain.devices().deny(&code, key.claim(&caller, &Value::Null).as_ref()).await?;
        Ok(Deleted::Gone)
    }

    /// The devices that act for the caller
    #[oai(path = "/links", method = "get", operation_id = "listLinks")]
    async fn list(&self, caller: Caller) -> Result<Json<DeviceList>, Problem> {
        let links = self.app.domain.devices().linked(&caller).await?;
        Ok(Json(DeviceList { links: links.into_iter().map(Into::into).collect() }))
    }

    /// The device that signed this request
    #[oai(path = "/links/current", method = "get", operation_id = "getCurrentLink")]
    async fn current(&self, caller: Caller) -> Result<Json<Device>, Problem> {
        let links = self.app.domain.devices().linked(&caller).await?;
        let own = links.into_iter().find(|link| matches!(caller.credential, Credential::Device(id, _) if id == link.id));
        Ok(Json(own.ok_or_else(|| Problem::not_found("no device signed this request"))?.into()))
    }

    /// Part with a device
    ///
    /// What it signs counts no more, within two seconds everywhere.
    #[oai(path = "/links/:id", method = "delete", operation_id = "revokeLink")]
    async fn revoke(&self, caller: Person, id: Path<Id<DeviceLinkId>>) -> Result<Deleted, Problem> {
        self.app.domain.devices().revoke(&caller, id.0.0).await?;
        Ok(Deleted::Gone)
    }
}

impl DevicesApi {
    /// The codes are short, so nobody may try many.
    async fn code(&self, caller: &domain::Caller, text: &str) -> Result<UserCode, Problem> {
        self.app.domain.limits().count(Policy::LinkCode, &caller.user_id.to_string()).await?;
        Ok(text.parse().map_err(|_| DeviceError::Code)?)
    }
}

//! `/v1/users/me/profiles`: what agents and vendors say about themselves. It says where money goes, so people change it and no key does.

use domain::Domain;
use domain::entities::Amount;
use domain::entities::id::ProfileId;
use domain::entities::profile::State;
use domain::profiles::{self, Draft, Kind};
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use crate::auth::{Caller, Person};
use crate::body::Body;
use crate::problem::Problem;
use crate::v1::Tag;
use crate::v1::agents::mirrored;
use crate::wire::{Id, Money, Time, Wallet};

pub struct ProfilesApi {
    pub domain: Domain,
}

/// On which side of the market it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum ProfileKind {
    /// Pays for services.
    Agent,
    /// Offers services through a gateway.
    Vendor,
}

mirrored! {
    /// Whether it may pay.
    ProfileState of State { Active, Suspended }
}

/// What an agent or a vendor says about itself.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Profile {
    id: Id<ProfileId>,
    r#type: ProfileKind,
    name: String,
    description: Option<String>,
    service_type: Option<String>,
    gateway_url: Option<String>,
    withdrawal_address: Option<Wallet>,
    base_price_atomic: Money,
    /// Grows with what went wrong; set by the house.
    risk_score: i32,
    /// A suspended agent does not pay.
    state: ProfileState,
    created_at: Time,
    updated_at: Time,
}

/// All that a profile says. What is absent is taken away.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ProfileRequest {
    /// 1 to 100 characters.
    name: String,
    description: Option<String>,
    /// Of a vendor: what sort of service it offers.
    service_type: Option<String>,
    /// Of a vendor: where its gateway answers.
    gateway_url: Option<String>,
    /// Where payouts go.
    withdrawal_address: Option<Wallet>,
    /// What one call costs when a service says nothing else; 0 when absent.
    base_price_atomic: Option<Money>,
}

#[derive(Debug, Object)]
pub struct ProfileList {
    profiles: Vec<Profile>,
}

impl From<Kind> for ProfileKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Agent => Self::Agent,
            Kind::Vendor => Self::Vendor,
        }
    }
}

impl From<ProfileKind> for Kind {
    fn from(kind: ProfileKind) -> Self {
        match kind {
            ProfileKind::Agent => Self::Agent,
            ProfileKind::Vendor => Self::Vendor,
        }
    }
}

impl From<profiles::Profile> for Profile {
    fn from(row: profiles::Profile) -> Self {
        Self {
            id: row.id.into(),
            r#type: row.kind.into(),
            name: row.name,
            description: row.description,
            service_type: row.service_type,
            gateway_url: row.gateway_url,
            withdrawal_address: row.withdrawal_address.map(Into::into),
            base_price_atomic: row.base_price_atomic.into(),
            risk_score: row.risk_score,
            state: row.state.into(),
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        }
    }
}

impl From<ProfileRequest> for Draft {
    fn from(request: ProfileRequest) -> Self {
        Self {
            name: request.name,
            description: request.description,
            service_type: request.service_type,
            gateway_url: request.gateway_url,
            withdrawal_address: request.withdrawal_address.map(|wallet| wallet.0),
            base_price_atomic: request.base_price_atomic.map_or(Amount::ZERO, |money| money.0),
        }
    }
}

#[OpenApi(prefix_path = "/v1/users/me/profiles", tag = "Tag::Users")]
impl ProfilesApi {
    /// The caller's profiles
    #[oai(path = "/", method = "get", operation_id = "listOwnProfiles")]
    async fn list(&self, caller: Caller) -> Result<Json<ProfileList>, Problem> {
        let profiles = self.domain.profiles().own(&caller).await?;
        Ok(Json(ProfileList { profiles: profiles.into_iter().map(Into::into).collect() }))
    }

    /// The caller's profile as an agent or a vendor
    #[oai(path = "/:type", method = "get", operation_id = "getOwnProfile")]
    async fn get(&self, caller: Caller, r#type: Path<ProfileKind>) -> Result<Json<Profile>, Problem> {
        Ok(Json(self.domain.profiles().get(&caller, r#type.0.into()).await?.into()))
    }

    /// Save the caller's profile as an agent or a vendor
    #[oai(path = "/:type", method = "put", operation_id = "saveOwnProfile")]
    async fn save(&self, caller: Person, r#type: Path<ProfileKind>, body: Body<ProfileRequest>) -> Result<Json<Profile>, Problem> {
        Ok(Json(self.domain.profiles().save(&caller, r#type.0.into(), body.value.into()).await?.into()))
    }
}

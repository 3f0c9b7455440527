//! Saving a profile: made when it is not there, replaced when it is.

use entities::id::UserId;
use entities::profile::{self, Kind};
use entities::{Address, Amount};
use platform::Txn;
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait as _, IntoActiveModel as _};
use url::Url;

use super::{Profile, ProfileError, Profiles, find};
use crate::accounts::Caller;
use crate::fault::FieldError;
use crate::line;

const NAME_CHARS_MAX: usize = 100;
const DESCRIPTION_CHARS_MAX: usize = 2_000;
const SERVICE_TYPE_CHARS_MAX: usize = 50;
const URL_CHARS_MAX: usize = 2_000;

/// All that a profile says. What is absent is taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// 1 … 100 characters.
    pub name: String,
    pub description: Option<String>,
    /// What sort of service a vendor offers. 1 … 50 characters.
    pub service_type: Option<String>,
    /// Where a vendor's gateway answers: `https://…`, or `http://…` on one's own machine.
    pub gateway_url: Option<String>,
    pub withdrawal_address: Option<Address>,
    pub base_price_atomic: Amount,
}

impl Profiles<'_> {
    /// Save the caller's profile of that sort. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`ProfileError::Fields`] with everything that is wrong.
    pub async fn save(&self, caller: &Caller, kind: Kind, draft: Draft) -> Result<Profile, ProfileError> {
        draft.check(kind)?;
        let txn = self.domain.db.write().await?;
        let saved = self.put(&txn, caller.user_id, kind, draft).await?;
        txn.commit().await?;
        Ok(saved)
    }

    /// The same in a transaction of the caller's, with a draft that was found good.
    pub(crate) async fn put(&self, txn: &Txn, user_id: UserId, kind: Kind, draft: Draft) -> Result<Profile, ProfileError> {
        use profile::Column::{BasePriceAtomic, Description, GatewayUrl, Name, ServiceType, UpdatedAt, WithdrawalAddress};
        let now = self.domain.now();
        let row = Profile {
            id: self.domain.queue.ids().next(),
            user_id,
            kind,
            name: draft.name,
            description: draft.description,
            service_type: draft.service_type,
            gateway_url: draft.gateway_url,
            withdrawal_address: draft.withdrawal_address,
            base_price_atomic: draft.base_price_atomic,
            risk_score: 0,
            state: profile::State::Active,
            created_at: now,
            updated_at: now,
        };
        let replaced = [Name, Description, ServiceType, GatewayUrl, WithdrawalAddress, BasePriceAtomic, UpdatedAt];
        let replace = OnConflict::columns([profile::Column::UserId, profile::Column::Kind]).update_columns(replaced).to_owned();
        profile::Entity::insert(row.into_active_model()).on_conflict(replace).exec_without_returning(&**txn).await?;
        find(&**txn, user_id, kind).await?.ok_or(ProfileError::Missing { kind })
    }
}

impl Draft {
    /// # Errors
    /// [`ProfileError::Fields`] with everything that is wrong.
    pub fn check(&self, kind: Kind) -> Result<(), ProfileError> {
        let mut wrong = Vec::new();
        let mut refuse = |pointer: &str, fault: Option<String>| {
            wrong.extend(fault.map(|detail| FieldError { pointer: pointer.into(), detail }));
        };
        refuse("/name", line::fault_of(&self.name, NAME_CHARS_MAX));
        let described = self.description.as_deref().unwrap_or_default().chars().count();
        let long = described > DESCRIPTION_CHARS_MAX;
        refuse("/description", long.then(|| format!("must have at most {DESCRIPTION_CHARS_MAX} characters")));
        refuse("/service_type", self.service_type.as_deref().and_then(|text| line::fault_of(text, SERVICE_TYPE_CHARS_MAX)));
        let leads_nowhere = self.gateway_url.as_deref().is_some_and(|url| !is_gateway(url));
        refuse("/gateway_url", leads_nowhere.then(|| "must be an https URL without a user, or an http one on this machine".into()));
        if kind == Kind::Agent {
            let only_vendors = || "only a vendor has it".to_owned();
            refuse("/service_type", self.service_type.is_some().then(only_vendors));
            refuse("/gateway_url", self.gateway_url.is_some().then(only_vendors));
        }
        if wrong.is_empty() { Ok(()) } else { Err(ProfileError::Fields(wrong)) }
    }
}

fn is_gateway(text: &str) -> bool {
    let Some(url) = Url::parse(text).ok().filter(|_| text.len() <= URL_CHARS_MAX) else { return false };
    let near = || matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let plain = url.username().is_empty() && url.password().is_none() && url.has_host();
    plain && (url.scheme() == "https" || (url.scheme() == "http" && near()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_is_reached_over_tls_or_on_this_machine() {
        for good in ["https://api.example.com", "https://api.example.com:8443/v1", "http://localhost:9000", "http://127.0.0.1"] {
            assert!(is_gateway(good), "{good}");
        }
        for wrong in [
            "",
            "api.example.com",
            "http://api.example.com",
            "ftp://x",
            "https://user:pass@api.example.com",
            "https://user@x.com",
            "https://",
        ] {
            assert!(!is_gateway(wrong), "{wrong}");
        }
    }
}

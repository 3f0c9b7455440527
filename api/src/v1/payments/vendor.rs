//! `/v1/vendor/balance`, `/v1/vendor/stats`: what a vendor has earned.

use domain::Domain;
use poem_openapi::OpenApi;
use poem_openapi::payload::Json;

use super::wire::{StatsList, VendorBalanceList};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::v1::Tag;

pub struct EarningsApi {
    pub domain: Domain,
}

#[OpenApi(prefix_path = "/v1/vendor", tag = "Tag::Payments")]
impl EarningsApi {
    /// What the caller has earned as a vendor
    #[oai(path = "/balance", method = "get", operation_id = "getVendorBalance")]
    async fn balance(&self, caller: Caller) -> Result<Json<VendorBalanceList>, Problem> {
        let balances = self.domain.payments().vendor_balances(&caller).await?;
        Ok(Json(VendorBalanceList { balances: balances.into_iter().map(Into::into).collect() }))
    }

    /// How the caller's business as a vendor goes
    #[oai(path = "/stats", method = "get", operation_id = "getVendorStats")]
    async fn stats(&self, caller: Caller) -> Result<Json<StatsList>, Problem> {
        let stats = self.domain.payments().vendor_stats(&caller).await?;
        Ok(Json(StatsList { stats: stats.into_iter().map(Into::into).collect() }))
    }
}

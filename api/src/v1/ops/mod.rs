//! `/v1/ops`: for observers to look at and for architects to act in.

mod job;
mod jobs;

use crate::App;

pub type OpsApis = jobs::JobsApi;

pub fn apis(app: &App) -> OpsApis {
    jobs::JobsApi { domain: app.domain.clone() }
}

//! The ports that lead out of the house, as the settings say.

use std::error::Error;
use std::sync::Arc;

use adapters::http_out::GuardedHttp;
use adapters::secrets::{EnvironmentSecrets, FileSecrets};
use domain::ports::http_out::HttpOut;
use domain::ports::mailer::Mailer;
use domain::ports::secrets::Secrets;
use platform::{Rng, SystemRng};

use crate::settings::{Env, Settings};

/// # Errors
/// When the settings contradict each other, or production was told of no mail server.
pub fn mailer(settings: &Settings) -> Result<Arc<dyn Mailer>, Box<dyn Error>> {
    Ok(settings.mail.mailer(&settings.app.data_dir, settings.app.env == Env::Production)?)
}

/// # Errors
/// When the authority of the settings cannot be read.
pub fn http(settings: &Settings) -> Result<Arc<dyn HttpOut>, Box<dyn Error>> {
    Ok(Arc::new(GuardedHttp::new(settings.outbound.clone())?))
}

/// # Errors
/// When a secret of the settings is none of ours, or too weak.
pub fn secrets(settings: &Settings) -> Result<Arc<dyn Secrets>, Box<dyn Error>> {
    let folder = settings.secrets.folder.clone().unwrap_or_else(|| settings.app.data_dir.join("secrets"));
    let may_make = settings.app.env == Env::Development;
    let files = FileSecrets::new(folder, may_make.then(|| Arc::new(SystemRng) as Arc<dyn Rng>));
    Ok(Arc::new(EnvironmentSecrets::new(&settings.secrets.given, Arc::new(files))?))
}

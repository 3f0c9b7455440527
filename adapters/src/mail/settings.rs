//! Where mails go: section `[mail]`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::ports::mailer::Mailer;
use lettre::message::Mailbox;
use serde::Deserialize;

use super::{OutboxMailer, SmtpMailer};

/// Section `mail`.
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The mail server. Absent: mails become files in the outbox.
    pub smtp_host: Option<String>,
    /// Absent: 587 with STARTTLS, 465 with implicit TLS, 25 with none.
    pub smtp_port: Option<u16>,
    pub smtp_tls: Tls,
    pub smtp_user: Option<String>,
    pub smtp_password: Option<String>,
    /// A PEM file with the authority of a mail server of one's own; the public ones are known.
    pub smtp_ca_file: Option<PathBuf>,
    /// Who writes: `Tallyman <hello@example.com>`. A mail server needs it.
    pub from: Option<String>,
    /// How long one mail may take.
    pub send_seconds_max: u32,
    /// Where mails become files. Absent: `outbox` in the data directory; production has to name it.
    pub outbox: Option<PathBuf>,
}

/// How the connection to the mail server is kept from listeners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// Begin in the clear and go on encrypted (RFC 3207), or not at all.
    Starttls,
    /// Encrypted from the first byte (RFC 8314).
    Implicit,
    /// In the clear, for a mail server on the same machine.
    None,
}

impl Tls {
    fn port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Implicit => 465,
            Self::None => 25,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            smtp_host: None,
            smtp_port: None,
            smtp_tls: Tls::Starttls,
            smtp_user: None,
            smtp_password: None,
            smtp_ca_file: None,
            from: None,
            send_seconds_max: 30,
            outbox: None,
        }
    }
}

/// Without the password.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("smtp_host", &self.smtp_host)
            .field("smtp_port", &self.smtp_port)
            .field("smtp_tls", &self.smtp_tls)
            .field("smtp_user", &self.smtp_user)
            .field("from", &self.from)
            .field("outbox", &self.outbox)
            .finish_non_exhaustive()
    }
}

/// The section `mail` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("section [mail]: `from` is not an address such as `Tallyman <hello@example.com>`")]
    From(#[source] lettre::address::AddressError),
    #[error("section [mail]: `smtp_host` needs `from`, the address that mails come from")]
    NoFrom,
    #[error("section [mail]: `smtp_user` and `smtp_password` belong together")]
    HalfCredentials,
    #[error("section [mail]: `smtp_tls = \"none\"` would send the password in the clear")]
    PasswordInTheClear,
    #[error("section [mail]: `smtp_ca_file` {} cannot be used", path.display())]
    Authority { path: PathBuf, source: Box<dyn std::error::Error + Send + Sync> },
    #[error(
        "section [mail]: production needs `smtp_host`, or `outbox` where you say that mails may become files; \
         an API that sends no codes (`sign_in.email_codes`) needs neither"
    )]
    NoServer,
}

impl Settings {
    /// Whether it was said where mails go, for a process that leaves the sending to others.
    ///
    /// # Errors
    /// When production was told of no mail server.
    pub fn check(&self, production: bool) -> Result<(), SettingsError> {
        let told = self.smtp_host.is_some() || self.outbox.is_some();
        if told || !production { Ok(()) } else { Err(SettingsError::NoServer) }
    }

    /// Whoever sends mails as these settings say.
    ///
    /// # Errors
    /// When the settings contradict each other, or production was told of no mail server.
    pub fn mailer(&self, data_dir: &Path, production: bool) -> Result<Arc<dyn Mailer>, SettingsError> {
        self.check(production)?;
        let from = self.from.as_deref().map(|from| from.parse::<Mailbox>().map_err(SettingsError::From)).transpose()?;
        match (&self.smtp_host, &self.outbox) {
            (Some(host), _) => Ok(Arc::new(SmtpMailer::new(self, host, from.ok_or(SettingsError::NoFrom)?)?)),
            (None, outbox) => {
                let folder = outbox.clone().unwrap_or_else(|| data_dir.join("outbox"));
                let from = from.map_or_else(|| "Tallyman <tallyman@localhost>".parse().map_err(SettingsError::From), Ok)?;
                Ok(Arc::new(OutboxMailer::new(folder, from)))
            }
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.smtp_port.unwrap_or(self.smtp_tls.port())
    }

    pub(super) fn send_limit(&self) -> Duration {
        Duration::from_secs(self.send_seconds_max.into())
    }
}

//! Mails to a mail server: SMTP (RFC 5321), one connection for each mail.

use std::time::Duration;

use async_trait::async_trait;
use domain::ports::mailer::{Mail, Mailer, MailerError};
use lettre::message::Mailbox;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use super::message::message;
use super::settings::{Settings, SettingsError, Tls};

/// Replies that are about us and not about the mail: "authenticate first", "wrong password", "encrypt first" (RFC 4954 § 6).
const ABOUT_US: [&str; 4] = ["530", "534", "535", "538"];

/// Speaks to one mail server.
pub struct SmtpMailer {
    host: String,
    port: u16,
    tls: Tls,
    parameters: Option<TlsParameters>,
    credentials: Option<Credentials>,
    from: Mailbox,
    /// Our name in the greeting: the host that mails come from.
    name: ClientId,
    limit: Duration,
}

impl SmtpMailer {
    /// # Errors
    /// When the settings contradict each other, or the authority cannot be read.
    pub fn new(settings: &Settings, host: &str, from: Mailbox) -> Result<Self, SettingsError> {
        let credentials = match (&settings.smtp_user, &settings.smtp_password) {
            (Some(user), Some(password)) => Some(Credentials::new(user.clone(), password.clone())),
            (None, None) => None,
            _ => return Err(SettingsError::HalfCredentials),
        };
        if credentials.is_some() && settings.smtp_tls == Tls::None {
            return Err(SettingsError::PasswordInTheClear);
        }
        let parameters = if settings.smtp_tls == Tls::None { None } else { Some(parameters(settings, host)?) };
        let name = ClientId::Domain(from.email.domain().to_owned());
        Ok(Self {
            host: host.to_owned(),
            port: settings.port(),
            tls: settings.smtp_tls,
            parameters,
            credentials,
            from,
            name,
            limit: settings.send_limit(),
        })
    }

    /// A connection over which mails may go.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let implicit = self.parameters.clone().filter(|_| self.tls == Tls::Implicit);
        let server = (self.host.as_str(), self.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(server, Some(self.limit), &self.name, implicit, None).await?;
        if let Some(parameters) = self.parameters.clone().filter(|_| self.tls == Tls::Starttls) {
            connection.starttls(parameters, &self.name).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    async fn within<T>(&self, work: impl Future<Output = Result<T, MailerError>>) -> Result<T, MailerError> {
        let late =
            || MailerError::Unavailable { reason: format!("{}:{} took longer than {} s", self.host, self.port, self.limit.as_secs()) };
        tokio::time::timeout(self.limit, work).await.unwrap_or_else(|_| Err(late()))
    }
}

/// How long a server is waited for that has taken a mail and does not say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

fn parameters(settings: &Settings, host: &str) -> Result<TlsParameters, SettingsError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    let path = settings.smtp_ca_file.clone().unwrap_or_default();
    if settings.smtp_ca_file.is_some() {
        let refuse = |source| SettingsError::Authority { path: path.clone(), source };
        let pem = std::fs::read(&path).map_err(|error| refuse(error.into()))?;
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| refuse(error.into()))?);
    }
    builder.build_rustls().map_err(|error| SettingsError::Authority { path, source: error.into() })
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailerError> {
        let message = message(mail, &self.from)?;
        let sending = self.within(async {
            let mut connection = self.connect().await.map_err(|error| unavailable(&error))?;
            connection.send(message.envelope(), &message.formatted()).await.map_err(about_the_mail)?;
            Ok(connection)
        });
        let mut connection = sending.await?;
        // The mail is theirs already; whether they hear our goodbye is all the same.
        let _ = tokio::time::timeout(GOODBYE, connection.quit()).await;
        Ok(())
    }

    async fn ping(&self) -> Result<String, MailerError> {
        self.within(async {
            let mut connection = self.connect().await.map_err(|error| unavailable(&error))?;
            let _ = connection.quit().await;
            Ok(format!("SMTP at {}:{}", self.host, self.port))
        })
        .await
    }
}

/// Before the mail is spoken of, whatever goes wrong is about the server or about us.
fn unavailable(error: &Error) -> MailerError {
    MailerError::Unavailable { reason: error.to_string() }
}

fn about_the_mail(error: Error) -> MailerError {
    let about_us = error.status().is_some_and(|code| ABOUT_US.contains(&code.to_string().as_str()));
    match error {
        error if about_us => unavailable(&error),
        error if error.is_permanent() => MailerError::Refused { reply: error.to_string() },
        error if error.is_transient() => MailerError::Deferred { reply: error.to_string() },
        error => unavailable(&error),
    }
}

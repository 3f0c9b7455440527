//! Mails: to a mail server over SMTP, or as files in an outbox where none is configured.

mod message;
mod outbox;
mod settings;
mod smtp;

pub use outbox::OutboxMailer;
pub use settings::{Settings, SettingsError, Tls};
pub use smtp::SmtpMailer;

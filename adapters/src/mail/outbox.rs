//! Mails as files, for development: one for each mail, as it would have travelled.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use async_trait::async_trait;
use domain::ports::mailer::{Mail, Mailer, MailerError};
use lettre::message::Mailbox;

use super::message::message;

/// Writes `<folder>/<mail id>.eml`, readable by its owner only. Sent twice it is one file.
pub struct OutboxMailer {
    folder: PathBuf,
    from: Mailbox,
}

impl OutboxMailer {
    #[must_use]
    pub fn new(folder: PathBuf, from: Mailbox) -> Self {
        Self { folder, from }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let draft = self.folder.join(format!(".{name}"));
        let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(bytes)?;
        std::fs::rename(&draft, self.folder.join(name))
    }

    fn unavailable(&self, error: &std::io::Error) -> MailerError {
        MailerError::Unavailable { reason: format!("the outbox {}: {error}", self.folder.display()) }
    }
}

#[async_trait]
impl Mailer for OutboxMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailerError> {
        let bytes = message(mail, &self.from)?.formatted();
        self.write(&format!("{}.eml", mail.id), &bytes).map_err(|error| self.unavailable(&error))
    }

    async fn ping(&self) -> Result<String, MailerError> {
        Ok(format!("files in {}", self.folder.display()))
    }
}

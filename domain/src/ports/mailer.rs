//! Handing mails to a mail server.

use async_trait::async_trait;
use entities::id::MailId;
use entities::{EmailAddress, Timestamp};

/// Sends mails. One implementation speaks SMTP, one writes files, one is a fake.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hand over one mail. When this answers, somebody else keeps it. Sent twice it carries the same Message-ID, so that a mailbox can tell.
    ///
    /// # Errors
    /// See [`MailerError`].
    async fn send(&self, mail: &Mail) -> Result<(), MailerError>;

    /// Whether mails would be taken, and by whom (`SMTP at mail.example:587`, `files in ./data/outbox`).
    ///
    /// # Errors
    /// [`MailerError::Unavailable`] with the reason.
    async fn ping(&self) -> Result<String, MailerError>;
}

/// A mail as its recipient sees it. Subject and text hold no control characters but line feeds and tabs in the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    pub id: MailId,
    pub to: EmailAddress,
    pub subject: String,
    pub text: String,
    /// The moment in the `Date` field.
    pub created_at: Timestamp,
}

/// Not its content: there may be a code in it.
impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail").field("id", &self.id).field("to", &self.to).finish_non_exhaustive()
    }
}

/// A mail that was not taken.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    /// The server does not want this mail, now or later: an SMTP reply 5xx.
    #[error("the mail server refused the mail: {reply}")]
    Refused { reply: String },
    /// The server says "not now" about this mail: an SMTP reply 4xx.
    #[error("the mail server wants to be asked again later: {reply}")]
    Deferred { reply: String },
    /// Nobody can be reached, or somebody who does not speak as agreed. It is about no single mail.
    #[error("the mail server does not answer: {reason}")]
    Unavailable { reason: String },
}

impl crate::Fault for MailerError {
    fn class(&self) -> crate::Class {
        match self {
            Self::Refused { .. } => crate::Class::Refused,
            // Tried again, but not for ever.
            Self::Deferred { .. } => crate::Class::Conflict,
            Self::Unavailable { .. } => crate::Class::Unavailable,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::Deferred { .. } | Self::Unavailable { .. } => "unavailable",
        }
    }
}

//! A mail as it travels: headers and text (RFC 5322), encoded so that any server takes it.

use std::time::{Duration, SystemTime};

use domain::ports::mailer::{Mail, MailerError};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};

/// Nobody's holiday notice should answer it (RFC 3834).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// The message of a mail. The same mail makes the same message, down to its Message-ID.
pub fn message(mail: &Mail, from: &Mailbox) -> Result<Message, MailerError> {
    let refused = |reply: String| MailerError::Refused { reply };
    let to = mail.to.as_str().parse().map_err(|error| refused(format!("the recipient's address is none: {error}")))?;
    let date = SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(mail.created_at.micros()).unwrap_or(0));
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(mail.subject.as_str())
        .message_id(Some(format!("<{}@{}>", mail.id, from.email.domain())))
        .date(date)
        .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".into()))
        .header(ContentType::TEXT_PLAIN)
        .body(mail.text.clone())
        .map_err(|error| refused(format!("the mail cannot be written: {error}")))
}

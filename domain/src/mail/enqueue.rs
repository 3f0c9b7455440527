//! Putting a mail into the transaction of what it tells of.

use std::time::Duration;

use entities::EmailAddress;
use entities::id::MailId;
use entities::mail::{self, State};
use jobs::Wake;
use jobs::kinds::SendMail;
use platform::Txn;
use sea_orm::{EntityTrait as _, IntoActiveModel as _};

use super::{Letter, MailError, place};
use crate::context::Domain;
use crate::keyring::Purpose;

/// Write a mail. It is sent after the commit, or never if the transaction is rolled back. Past `good_for` nobody has use for it, and it is not sent any more.
///
/// # Errors
/// When it cannot be sealed, or the database refuses; the transaction is spoilt then.
pub async fn enqueue(
    domain: &Domain,
    txn: &Txn,
    to: &EmailAddress,
    letter: Letter,
    good_for: Option<Duration>,
) -> Result<(MailId, Wake), MailError> {
    let (id, now): (MailId, _) = (domain.queue.ids().next(), domain.now());
    let plain = serde_json::to_vec(&letter.content).map(zeroize::Zeroizing::new);
    let plain = plain.map_err(|source| MailError::Content { mail: id, source })?;
    let content = domain.keyring().seal(Purpose::Mail, &place(id), &plain).await?;
    let row = mail::Model {
        id,
        recipient: to.clone(),
        letter: letter.name.to_owned(),
        content: Some(content),
        state: State::Queued,
        error: None,
        expires_at: good_for.map(|good_for| now.plus(good_for)),
        created_at: now,
        finished_at: None,
    };
    mail::Entity::insert(row.into_active_model()).exec_without_returning(&**txn).await?;
    let (_, wake) = domain.queue.enqueue(txn, &SendMail { mail_id: id }).await?;
    tracing::info!(mail.id = %id, letter = letter.name, "wrote mail `{id}`");
    Ok((id, wake))
}

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

/// A mail as it will be written: sealed, since there may be a code in it.
pub struct SealedMail(mail::Model);

/// Seal a mail, before any transaction: the key may have to be fetched. Past `good_for` nobody has use for it, and it is not sent any more.
///
/// # Errors
/// When it cannot be sealed.
pub async fn seal(domain: &Domain, to: &EmailAddress, letter: Letter, good_for: Option<Duration>) -> Result<SealedMail, MailError> {
    let (id, now): (MailId, _) = (domain.queue.ids().next(), domain.now());
    let plain = serde_json::to_vec(&letter.content).map(zeroize::Zeroizing::new);
    let plain = plain.map_err(|source| MailError::Content { mail: id, source })?;
    let content = domain.keyring().seal(Purpose::Mail, &place(id), &plain).await?;
    Ok(SealedMail(mail::Model {
        id,
        recipient: to.clone(),
        letter: letter.name.to_owned(),
        content: Some(content),
        state: State::Queued,
        error: None,
        expires_at: good_for.map(|good_for| now.plus(good_for)),
        created_at: now,
        finished_at: None,
    }))
}

/// Seal a mail and write it, where only the transaction knows what stands in it; else [`seal`] it before.
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
    write(domain, txn, seal(domain, to, letter, good_for).await?).await
}

/// Write a mail. It is sent after the commit, or never if the transaction is rolled back.
///
/// # Errors
/// When the database refuses; the transaction is spoilt then.
pub async fn write(domain: &Domain, txn: &Txn, SealedMail(row): SealedMail) -> Result<(MailId, Wake), MailError> {
    let (id, letter) = (row.id, row.letter.clone());
    mail::Entity::insert(row.into_active_model()).exec_without_returning(&**txn).await?;
    let (_, wake) = domain.queue.enqueue(txn, &SendMail { mail_id: id }).await?;
    tracing::info!(mail.id = %id, letter, "wrote mail `{id}`");
    Ok((id, wake))
}

//! A mail in the hands of its job: opened, and then over.

use entities::id::MailId;
use entities::mail::{self, State};
use jobs::{JobError, Run, Settled};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::json;

use super::letter::Content;
use super::{MailError, Mails, place};
use crate::json::shortened;
use crate::keyring::Purpose;
use crate::ports::mailer::Mail;

const ERROR_CHARS_MAX: usize = 500;

/// What the job of a mail finds.
#[derive(Debug)]
pub enum Opened {
    /// It waits to be sent.
    Send(Mail),
    /// It waited too long: nobody has use for it any more.
    Late,
    /// It was over before this attempt began; the job ends like the mail did.
    Over(Settled),
}

impl Mails<'_> {
    /// What is to be sent.
    ///
    /// # Errors
    /// [`MailError::Keyring`] when it cannot be opened.
    pub async fn open(&self, id: MailId) -> Result<Opened, MailError> {
        let row = mail::Entity::find_by_id(id).one(self.domain.db.connection()).await?.ok_or(MailError::Missing { mail: id })?;
        let now = self.domain.now();
        let content = match (row.state, row.content) {
            (State::Queued, Some(content)) if row.expires_at.is_none_or(|end| end > now) => content,
            (State::Queued, _) => return Ok(Opened::Late),
            (State::Sent, _) => return Ok(Opened::Over(Settled::Succeeded(result_of(id)))),
            (State::Failed, _) => {
                return Ok(Opened::Over(Settled::Failed(JobError::new("mail-failed", row.error.unwrap_or_default()))));
            }
        };
        let plain = self.domain.keyring().open(Purpose::Mail, &place(id), &content).await?;
        let Content { subject, text } = serde_json::from_slice(&plain).map_err(|source| MailError::Content { mail: id, source })?;
        Ok(Opened::Send(Mail { id, to: row.recipient, subject, text, created_at: row.created_at }))
    }

    /// The mail server has taken it: erase what stood in it, and end the job.
    ///
    /// # Errors
    /// When the lease was lost meanwhile: nothing is recorded then, and the mail may be sent again.
    pub async fn sent(&self, id: MailId, run: &Run) -> Result<(), MailError> {
        self.end(id, State::Sent, None, Settled::Succeeded(result_of(id)), run).await
    }

    /// It will never be sent: erase what stood in it, and fail the job.
    ///
    /// # Errors
    /// As [`sent`](Self::sent).
    pub async fn given_up(&self, id: MailId, error: &JobError, run: &Run) -> Result<(), MailError> {
        self.end(id, State::Failed, Some(shortened(&error.message, ERROR_CHARS_MAX)), Settled::Failed(error.clone()), run).await
    }

    async fn end(&self, id: MailId, state: State, error: Option<String>, settled: Settled, run: &Run) -> Result<(), MailError> {
        let over = mail::ActiveModel {
            state: Set(state),
            content: Set(None),
            error: Set(error),
            finished_at: Set(Some(self.domain.now())),
            ..mail::ActiveModel::default()
        };
        let txn = self.domain.db.write().await?;
        let of_it = mail::Entity::update_many().set(over).filter(mail::Column::Id.eq(id));
        of_it.filter(mail::Column::State.eq(State::Queued)).exec(&*txn).await?;
        run.settle_in(&txn, settled).await?;
        txn.commit().await?;
        tracing::info!(mail.id = %id, ?state, "mail `{id}` is over");
        Ok(())
    }
}

fn result_of(id: MailId) -> serde_json::Value {
    json!({ "mail_id": id })
}

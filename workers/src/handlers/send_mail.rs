//! `send_mail`: one mail into the hands of the mail server.

use domain::mail::Opened;
use domain::ports::mailer::MailerError;
use domain::{Domain, Fault as _};
use jobs::kinds::{Job as _, SendMail};
use jobs::{JobError, Outcome, Run};

use crate::outcome::{AWAY, Handled};

/// Safe to repeat: what is over is not sent again, and what may have been sent goes out under the same Message-ID.
///
/// # Errors
/// When the mail server or the database does not answer.
pub async fn handle(domain: &Domain, job: SendMail, run: &Run) -> Handled {
    let Some(mailer) = domain.ports().mailer.as_deref() else {
        return Ok(Outcome::Snoozed { delay: AWAY, why: "this worker sends no mails".into() });
    };
    let mail = match domain.mails().open(job.mail_id).await? {
        Opened::Send(mail) => mail,
        Opened::Over(settled) => return Ok(settled.into()),
        Opened::Late => {
            let late = JobError::new("mail-expired", "the mail waited too long; nobody has use for it any more");
            domain.mails().given_up(job.mail_id, &late, run).await?;
            return Ok(Outcome::Settled);
        }
    };
    match mailer.send(&mail).await {
        Ok(()) => domain.mails().sent(mail.id, run).await?,
        Err(error) if is_final(&error, run) => {
            domain.mails().given_up(mail.id, &JobError::new(error.code(), error.to_string()), run).await?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Outcome::Settled)
}

/// A refusal is for good; "later" is, when it was said as often as the job may fail.
fn is_final(error: &MailerError, run: &Run) -> bool {
    let failures = u32::try_from(run.failures()).unwrap_or(u32::MAX);
    match error {
        MailerError::Refused { .. } => true,
        MailerError::Deferred { .. } => failures.saturating_add(1) >= SendMail::POLICY.failures_max,
        MailerError::Unavailable { .. } => false,
    }
}

//! A mail server in memory: it takes mails, or says what a story wants.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::ports::mailer::{Mail, Mailer, MailerError};

/// What the mail server says to the next mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailReply {
    /// 5xx: never.
    Refuses,
    /// 4xx: not now.
    Defers,
    /// Nobody is there.
    Away,
    /// It takes the mail, and the connection breaks before it says so.
    TakesAndBreaks,
}

/// Takes every mail that no story says otherwise about.
#[derive(Debug, Default)]
pub struct FakeMailer {
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    replies: VecDeque<MailReply>,
    taken: Vec<Mail>,
}

impl FakeMailer {
    /// The next mail that has no reply yet gets this one.
    pub fn next(&self, reply: MailReply) {
        self.told().replies.push_back(reply);
    }

    /// The mails that were taken, in order.
    #[must_use]
    pub fn taken(&self) -> Vec<Mail> {
        self.told().taken.clone()
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Mailer for FakeMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailerError> {
        let mut told = self.told();
        let reply = told.replies.pop_front();
        if matches!(reply, None | Some(MailReply::TakesAndBreaks)) {
            told.taken.push(mail.clone());
        }
        match reply {
            None => Ok(()),
            Some(MailReply::Refuses) => Err(MailerError::Refused { reply: "550 as the story says".into() }),
            Some(MailReply::Defers) => Err(MailerError::Deferred { reply: "450 as the story says".into() }),
            Some(MailReply::Away | MailReply::TakesAndBreaks) => Err(MailerError::Unavailable { reason: "as the story says".into() }),
        }
    }

    async fn ping(&self) -> Result<String, MailerError> {
        Ok("a fake".into())
    }
}

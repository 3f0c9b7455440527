//! Mails: written in the transaction of what they tell of, sent by a job, at least once, always under the same Message-ID.
//!
//! [`seal`] → [`write()`] → job → [`open`](Mails::open) → mailer → [`sent`](Mails::sent) or [`given_up`](Mails::given_up). What stands in a mail is sealed in its
//! row and erased once it is sent or will never be: there may be a code in it.

mod deliver;
mod enqueue;
mod error;
mod letter;
mod prune;

pub use deliver::Opened;
pub use enqueue::{SealedMail, enqueue, seal, write};
pub use entities::mail::{Model as MailRow, State};
pub use error::MailError;
pub use letter::Letter;
pub use prune::prune;

use entities::id::MailId;

use crate::context::Domain;
use crate::keyring::Place;

/// The mails of the installation.
#[derive(Clone, Copy)]
pub struct Mails<'a> {
    pub(crate) domain: &'a Domain,
}

fn place(id: MailId) -> Place {
    Place { table: "mails", row: id.to_string(), column: "content" }
}

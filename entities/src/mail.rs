//! One mail to one person.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::MailId;
use crate::value::{EmailAddress, Sealed, Timestamp};

/// Where a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum State {
    #[sea_orm(string_value = "queued")]
    Queued,
    /// A mail server has taken it.
    #[sea_orm(string_value = "sent")]
    Sent,
    #[sea_orm(string_value = "failed")]
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mails")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MailId,
    pub recipient: EmailAddress,
    /// Which letter it is: `sign_in_code`.
    pub letter: String,
    /// Subject and text. Erased as soon as the mail is sent or will never be.
    pub content: Option<Sealed>,
    pub state: State,
    pub error: Option<String>,
    /// From then on nobody has use for it.
    pub expires_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

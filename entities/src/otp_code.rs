//! A code that was sent to a mail address. An address has one, the newest.

use sea_orm::entity::prelude::*;

use crate::id::OtpCodeId;
use crate::value::{EmailAddress, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "otp_codes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub email: EmailAddress,
    /// Another one for each code; the tag is made of it, too.
    pub id: OtpCodeId,
    /// What the keyring makes of the code; six digits are too few to be hashed alone.
    pub tag: String,
    /// How often somebody has tried it.
    pub tries: i32,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

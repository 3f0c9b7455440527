//! Signing in with a code that is sent by mail. Whoever reads the mailbox gets in; whoever guesses has three tries.
//!
//! Whether an address is somebody's here is not asked before the code has been brought back, so asking for a code does the same work and
//! gets the same answer for every address.

use std::time::Duration;

use entities::id::OtpCodeId;
use entities::sign_in::Method;
use entities::user_identity::Kind;
use entities::{EmailAddress, otp_code};
use platform::{Rng, Txn};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{ColumnTrait as _, Condition, DbErr, EntityTrait as _, IntoActiveModel as _, QueryFilter as _};

use super::settings::seconds;
use super::{SignInError, SignIns, SignedIn};
use crate::accounts::{Caller, Identity, Proof};
use crate::idempotency::{self, Claim};
use crate::keyring::Purpose;
use crate::limits::Policy;
use crate::mail::{self, Letter};

/// A guess that was looked at: which code it is about, and whether it is right.
struct Guess {
    email: EmailAddress,
    id: OtpCodeId,
    fits: bool,
}

/// Ten to the power of how many digits a code has.
const CODES: u32 = 1_000_000;

impl SignIns<'_> {
    /// Send a code to an address. The code that it got before is of no use any more. Answers how long the new one is good.
    ///
    /// # Errors
    /// [`SignInError::NotOffered`] where no mails are sent, [`SignInError::Limit`] when the mailbox has got as many as it may.
    pub async fn send_code(&self, email: &EmailAddress) -> Result<Duration, SignInError> {
        self.offers_codes()?;
        self.domain.limits().count(Policy::OtpEmail, &email.mailbox()).await?;
        let (id, code, now): (OtpCodeId, _, _) = (self.domain.queue.ids().next(), new_code(&*self.domain.rng), self.domain.now());
        let good_for = seconds(self.domain.settings.sign_in.code_seconds);
        let tag = self.domain.keyring().tag(Purpose::OtpCode, &tagged(id, email, &code)).await?;
        let row = otp_code::Model { email: email.clone(), id, tag, tries: 0, created_at: now, expires_at: now.plus(good_for) };
        let mail = mail::seal(self.domain, email, self.letter(&code, good_for), Some(good_for)).await?;
        let txn = self.domain.db.write().await?;
        replace(&txn, row).await?;
        let (_, wake) = mail::write(self.domain, &txn, mail).await?;
        jobs::commit(txn, wake).await?;
        Ok(good_for)
    }

    /// Sign in with the code; the first sign-in of an address makes its user.
    ///
    /// # Errors
    /// [`SignInError::Code`] when it is not the code, or no code any more.
    pub async fn by_code(&self, email: &EmailAddress, code: &str) -> Result<SignedIn, SignInError> {
        self.offers_codes()?;
        let guess = self.look_at(email, code).await?;
        let txn = self.domain.db.write().await?;
        if let Err(wrong) = self.use_up_code(&txn, &guess).await {
            if matches!(wrong, SignInError::Code) {
                txn.commit().await?;
            }
            return Err(wrong);
        }
        let user = self.domain.accounts().proved(&txn, &Proof::email(email)).await?;
        let signed_in = self.open(&txn, user, Method::Email).await?;
        txn.commit().await?;
        Ok(signed_in)
    }

    /// The same proof makes the mailbox one of the caller's identities.
    ///
    /// # Errors
    /// As [`by_code`](Self::by_code), and [`SignInError::Account`] when the mailbox is somebody else's or the caller has another.
    pub async fn add_email(
        &self,
        caller: &Caller,
        email: &EmailAddress,
        code: &str,
        claim: Option<&Claim>,
    ) -> Result<Identity, SignInError> {
        if let Some(earlier) = idempotency::earlier(&self.domain.db, claim).await? {
            return Ok(earlier);
        }
        self.offers_codes()?;
        let guess = self.look_at(email, code).await?;
        self.add(caller, &Proof::email(email), claim, async |txn| self.use_up_code(txn, &guess).await).await
    }

    fn offers_codes(self) -> Result<(), SignInError> {
        if self.domain.settings.sign_in.email_codes { Ok(()) } else { Err(SignInError::NotOffered(Kind::Email)) }
    }

    /// Compare a guess with the newest code of an address. Done before any transaction: the key may have to be fetched. For an address without
    /// a code the same is compared.
    async fn look_at(&self, email: &EmailAddress, code: &str) -> Result<Guess, SignInError> {
        let row = otp_code::Entity::find_by_id(email.clone()).one(self.domain.db.connection()).await?;
        let (id, tag) = row.map_or_else(|| (OtpCodeId::from(uuid::Uuid::nil()), String::new()), |row| (row.id, row.tag));
        let fits = self.domain.keyring().is_tag(Purpose::OtpCode, &tagged(id, email, code), &tag).await?;
        Ok(Guess { email: email.clone(), id, fits })
    }

    /// Count the guess, or use the code up when it is right. What was found is worth nothing before: of guesses that come together each waits
    /// for the one before, and when a code has had its tries no guess at it is right any more.
    ///
    /// # Errors
    /// [`SignInError::Code`]; commit then, so that the try stays counted.
    async fn use_up_code(&self, txn: &Txn, guess: &Guess) -> Result<(), SignInError> {
        let tried = Condition::all()
            .add(otp_code::Column::Email.eq(guess.email.clone()))
            .add(otp_code::Column::Id.eq(guess.id))
            .add(otp_code::Column::ExpiresAt.gt(self.domain.now()))
            .add(otp_code::Column::Tries.lt(self.domain.settings.sign_in.code_tries_max));
        if guess.fits {
            let used = otp_code::Entity::delete_many().filter(tried).exec(&**txn).await?;
            return if used.rows_affected == 1 { Ok(()) } else { Err(SignInError::Code) };
        }
        let counted = otp_code::Entity::update_many().col_expr(otp_code::Column::Tries, Expr::col(otp_code::Column::Tries).add(1));
        counted.filter(tried).exec(&**txn).await?;
        Err(SignInError::Code)
    }

    fn letter(self, code: &str, good_for: Duration) -> Letter {
        let (domain, minutes) = (&self.domain.settings.site.domain, good_for.as_secs() / 60);
        let text = format!(
            "Your code for signing in at {domain} is\n\n    {code}\n\nIt works once, within {minutes} minutes. Nobody of ours will ever ask you for it.\n\
             If you did not want to sign in, do nothing: without the code nobody gets in.\n"
        );
        Letter::new("sign_in_code", "Your sign-in code", &text)
    }
}

async fn replace(txn: &Txn, row: otp_code::Model) -> Result<(), DbErr> {
    use otp_code::Column::{CreatedAt, Email, ExpiresAt, Id, Tag, Tries};
    let instead = OnConflict::column(Email).update_columns([Id, Tag, Tries, CreatedAt, ExpiresAt]).to_owned();
    otp_code::Entity::insert(row.into_active_model()).on_conflict(instead).exec_without_returning(&**txn).await?;
    Ok(())
}

/// What the tag of a code is made of: a code is good for its own request and its own address.
fn tagged(id: OtpCodeId, email: &EmailAddress, code: &str) -> String {
    format!("{id}|{email}|{code}")
}

/// Six digits, each code as likely as any other.
fn new_code(rng: &dyn Rng) -> String {
    loop {
        let mut bytes = [0; 4];
        rng.fill(&mut bytes);
        let number = u32::from_le_bytes(bytes);
        if number < u32::MAX - u32::MAX % CODES {
            return format!("{:06}", number % CODES);
        }
    }
}

impl Proof {
    pub(crate) fn email(email: &EmailAddress) -> Self {
        Self { kind: Kind::Email, subject: email.to_string(), email: None, mailbox: None }
    }
}

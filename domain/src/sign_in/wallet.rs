//! Signing in with a wallet: the message is read whole, compared with what was asked, its signature checked, its nonce used up.

use std::borrow::Cow;

use entities::sign_in::Method;
use entities::user_identity::Kind;
use entities::{Address, Timestamp, auth_nonce};
use platform::Txn;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::settings::seconds;
use super::{SignInError, SignIns, SignedIn};
use crate::accounts::{Caller, Identity, Proof};
use crate::idempotency::{self, Claim};
use crate::siws::{Message, Signature, text_of, verify};

/// What the wallet has signed.
#[derive(Debug, Clone)]
pub enum Signed {
    /// The message as text.
    Text(String),
    /// The very bytes, perhaps with the preamble of an off-chain message.
    Bytes(Vec<u8>),
}

/// The answer to a challenge.
#[derive(Debug, Clone)]
pub struct WalletLogin {
    pub address: Address,
    pub signed: Signed,
    pub signature: Signature,
}

impl WalletLogin {
    fn bytes(&self) -> &[u8] {
        match &self.signed {
            Signed::Text(text) => text.as_bytes(),
            Signed::Bytes(bytes) => bytes,
        }
    }

    fn text(&self) -> Result<Cow<'_, str>, SignInError> {
        match &self.signed {
            Signed::Text(text) => Ok(Cow::Borrowed(text)),
            Signed::Bytes(bytes) => Ok(Cow::Borrowed(text_of(bytes, &self.address)?)),
        }
    }
}

impl SignIns<'_> {
    /// Sign in with the wallet; its first sign-in makes its user.
    ///
    /// # Errors
    /// [`SignInError`], by what is wrong. A wrong answer to a nonce of ours is counted against it.
    pub async fn by_wallet(&self, login: &WalletLogin) -> Result<SignedIn, SignInError> {
        let nonce = self.checked(login).await?;
        if let Some(signed_in) = self.by_known_wallet(&nonce, login.address).await? {
            return Ok(signed_in);
        }
        let txn = self.domain.db.write().await?;
        self.use_up(&txn, &nonce, login.address).await?;
        let user = self.domain.accounts().proved(&txn, &Proof::wallet(login.address)).await?;
        let signed_in = self.open(&txn, user, Method::Wallet).await?;
        txn.commit().await?;
        Ok(signed_in)
    }

    /// The same proof makes the wallet one of the caller's identities.
    ///
    /// # Errors
    /// As [`by_wallet`](Self::by_wallet), and [`SignInError::Account`] when the wallet is somebody else's or the caller has another.
    pub async fn add_wallet(&self, caller: &Caller, login: &WalletLogin, claim: Option<&Claim>) -> Result<Identity, SignInError> {
        if let Some(earlier) = idempotency::earlier(&self.domain.db, claim).await? {
            return Ok(earlier);
        }
        let nonce = self.checked(login).await?;
        self.add(caller, &Proof::wallet(login.address), claim, async |txn| self.use_up(txn, &nonce, login.address).await).await
    }

    /// The nonce of a message that is right in everything else.
    async fn checked(&self, login: &WalletLogin) -> Result<String, SignInError> {
        let message: Message = login.text()?.parse()?;
        let nonce = message.nonce.clone().ok_or(SignInError::Message("names no nonce"))?;
        let checked = self.compare(&message, login.address).and_then(|()| Ok(verify(&login.address, login.bytes(), &login.signature)?));
        if let Err(wrong) = checked {
            self.count_failure(&nonce).await?;
            return Err(wrong);
        }
        Ok(nonce)
    }

    fn compare(self, message: &Message, address: Address) -> Result<(), SignInError> {
        let (site, now) = (&self.domain.settings.site, self.domain.now());
        let refuse_unless = |holds: bool, why| if holds { Ok(()) } else { Err(SignInError::Message(why)) };
        refuse_unless(message.domain == site.domain, "is for another domain")?;
        refuse_unless(message.address == address, "is for another address")?;
        refuse_unless(message.uri.as_ref() == Some(&site.uri), "names no URI, or another one")?;
        refuse_unless(message.version, "names no version")?;
        refuse_unless(message.chain_id.as_ref().map(|(chain, _)| *chain) == Some(site.chain), "names no chain, or another one")?;
        let issued = message.issued_at.as_ref().ok_or(SignInError::Message("does not say when it was issued"))?;
        refuse_unless(self.is_near(issued.moment(), now), "was issued too long ago, or in the future")?;
        let expired = message.expiration_time.as_ref().is_some_and(|end| end.moment() <= now);
        refuse_unless(!expired, "has expired")?;
        let early = message.not_before.as_ref().is_some_and(|start| start.moment() > now);
        refuse_unless(!early, "is not valid yet")
    }

    fn is_near(self, moment: Timestamp, now: Timestamp) -> bool {
        now.since(moment).max(moment.since(now)) <= seconds(self.domain.settings.sign_in.issued_seconds_max)
    }

    async fn use_up(&self, txn: &Txn, nonce: &str, address: Address) -> Result<(), SignInError> {
        let now = self.domain.now();
        let used = auth_nonce::Entity::update_many()
            .col_expr(auth_nonce::Column::UsedAt, Expr::value(now))
            .filter(auth_nonce::Column::Nonce.eq(nonce))
            .filter(auth_nonce::Column::Address.eq(address))
            .filter(auth_nonce::Column::UsedAt.is_null())
            .filter(auth_nonce::Column::ExpiresAt.gt(now))
            .filter(auth_nonce::Column::Failures.lt(self.domain.settings.sign_in.nonce_failures_max))
            .exec(&**txn)
            .await?;
        if used.rows_affected == 1 { Ok(()) } else { Err(SignInError::Nonce) }
    }

    async fn count_failure(&self, nonce: &str) -> Result<(), SignInError> {
        auth_nonce::Entity::update_many()
            .col_expr(auth_nonce::Column::Failures, Expr::col(auth_nonce::Column::Failures).add(1))
            .filter(auth_nonce::Column::Nonce.eq(nonce))
            .filter(auth_nonce::Column::UsedAt.is_null())
            .filter(auth_nonce::Column::Failures.lt(self.domain.settings.sign_in.nonce_failures_max))
            .exec(&*self.domain.db.single_write().await)
            .await?;
        Ok(())
    }
}

impl Proof {
    pub(crate) fn wallet(address: Address) -> Self {
        Self { kind: Kind::Wallet, subject: address.to_string(), email: None, mailbox: None }
    }
}

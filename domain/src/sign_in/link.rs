//! Signing in with a link that works once.

use entities::sign_in::Method;

use super::{SignInError, SignIns, SignedIn};

impl SignIns<'_> {
    /// Trade a one-time secret for a sign-in. The first who brings it is in; whoever is suspended leaves it unused.
    ///
    /// # Errors
    /// [`SignInError::Account`] when the secret is unknown, used or too old, or its user suspended.
    pub async fn by_link(&self, secret: &str) -> Result<SignedIn, SignInError> {
        let txn = self.domain.db.write().await?;
        let user = self.domain.accounts().redeem(&txn, secret).await?;
        let signed_in = self.open(&txn, user, Method::Link).await?;
        txn.commit().await?;
        Ok(signed_in)
    }
}

//! Another way in for somebody who is in already.

use platform::Txn;

use super::{SignInError, SignIns};
use crate::accounts::{Caller, Identity, Proof};
use crate::fault::{Class, Fault as _};
use crate::idempotency::{self, Claim};

impl SignIns<'_> {
    /// Make what is proved one of the caller's identities, once under its key. `use_up` spends the proof in the transaction; what it has
    /// written stays when a rule refuses the rest: a wrong guess is counted, and a proof is good once. Of what fails otherwise nothing stays.
    pub(super) async fn add(
        &self,
        caller: &Caller,
        proof: &Proof,
        claim: Option<&Claim>,
        use_up: impl AsyncFnOnce(&Txn) -> Result<(), SignInError>,
    ) -> Result<Identity, SignInError> {
        let txn = idempotency::open(self.domain, claim).await?;
        if let Some(earlier) = idempotency::claim(self.domain, &txn, claim).await? {
            return Ok(earlier);
        }
        let linked = async {
            use_up(&txn).await?;
            Ok::<_, SignInError>(self.domain.accounts().link(&txn, caller, proof).await?)
        };
        let identity = match linked.await {
            Ok(identity) => identity,
            Err(refused) => {
                // Where something has failed, what was written before is half of it.
                let is_ruled = !matches!(refused.class(), Class::Unavailable | Class::Bug);
                if is_ruled && idempotency::release(&txn, claim).await.is_ok() {
                    txn.commit().await?;
                }
                return Err(refused);
            }
        };
        idempotency::keep(&txn, claim, &identity).await?;
        txn.commit().await?;
        self.domain.standings.forget(caller.user_id);
        Ok(identity)
    }
}

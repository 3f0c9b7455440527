//! Signed payments on the wire.

use domain::FieldError;
use domain::entities::id::{IntentId, ProfileId};
use domain::intents::{self, SignedIntent};
use domain::payments::PayError;
use poem_openapi::{Enum, Object};

use crate::v1::agents::mirrored;
use crate::wire::{Id, Money, Time, Wallet};

mirrored! {
    /// How far it is: `pending` is promised, `failed` was taken back.
    IntentState of intents::IntentState { Pending, Settled, Failed }
}

/// A payment as its agent signed it.
#[derive(Debug, Object)]
pub struct SignedPayment {
    /// The key of a linked agent.
    agent: Wallet,
    /// The caller's profile as a vendor.
    to: Id<ProfileId>,
    /// More than 0.
    amount: Money,
    mint: Wallet,
    /// 1 to 64 letters, digits, `-` and `_`, of which the agent uses each once.
    nonce: String,
    /// Signed in whole seconds.
    expires_at: Time,
    /// Ed25519 over the nine lines that `docs/payments.md` shows; base58, or base64 with its padding.
    signature: String,
}

/// Payments that agents have signed.
#[derive(Debug, Object)]
pub struct IntentsRequest {
    payment_intents: Vec<SignedPayment>,
}

/// What became of a signed payment.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Intent {
    id: Id<IntentId>,
    agent_id: Id<ProfileId>,
    amount: Money,
    mint: Wallet,
    nonce: String,
    state: IntentState,
    /// Why the agent did not pay: `0x102` when it had too little.
    failure: Option<String>,
    created_at: Time,
    finished_at: Option<Time>,
}

/// One page of signed payments.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct IntentList {
    pub payment_intents: Vec<Intent>,
    /// Absent on the last page.
    pub next_page_token: Option<String>,
}

impl IntentsRequest {
    /// # Errors
    /// With every signature that is none.
    pub fn read(self) -> Result<Vec<SignedIntent>, PayError> {
        let (mut signed, mut wrong) = (Vec::new(), Vec::new());
        for (at, payment) in self.payment_intents.into_iter().enumerate() {
            match payment.signature.parse() {
                Ok(signature) => signed.push(SignedIntent {
                    agent: payment.agent.0,
                    to: payment.to.0,
                    amount: payment.amount.0,
                    mint: payment.mint.0,
                    nonce: payment.nonce,
                    expires_at: payment.expires_at.0,
                    signature,
                }),
                Err(error) => {
                    let error: domain::siws::SignatureError = error;
                    wrong.push(FieldError { pointer: format!("/payment_intents/{at}/signature"), detail: error.to_string() });
                }
            }
        }
        if wrong.is_empty() { Ok(signed) } else { Err(PayError::Fields(wrong)) }
    }
}

impl From<intents::Intent> for Intent {
    fn from(row: intents::Intent) -> Self {
        Self {
            id: row.id.into(),
            agent_id: row.agent_id.into(),
            amount: row.amount.into(),
            mint: row.mint.into(),
            nonce: row.nonce,
            state: row.state.into(),
            failure: row.failure,
            created_at: row.created_at.into(),
            finished_at: row.finished_at.map(Into::into),
        }
    }
}

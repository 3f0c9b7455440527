//! Money in a test: mints, accounts that are filled, and what they hold.

use domain::Caller;
use domain::devices::{Approval, NewDevice, proof_text};
use domain::entities::id::{ProfileId, TransferId};
use domain::entities::{Address, Amount, Timestamp};
use domain::intents::{Signature, SignedIntent};
use domain::ledger::{self, Account, AccountKind, Chain, Figures, LedgerError, NewTransfer, Posted, Refusal, Step, TransferKind};
use domain::payments::PayRequest;
use domain::profiles::{Draft, Kind};

use crate::{TestWallet, World};

/// An amount in atomic units.
///
/// # Panics
/// When it is negative.
#[must_use]
pub fn atomic(amount: i64) -> Amount {
    Amount::new(amount).expect("an amount is not negative")
}

/// A mint that is like no other number's.
#[must_use]
pub fn mint(number: u8) -> Address {
    Address::from_bytes([number; 32])
}

impl World {
    #[must_use]
    pub fn transfer_id(&self) -> TransferId {
        self.domain.queue().ids().next()
    }

    /// A transfer that happens at once, with an id of its own.
    #[must_use]
    pub fn transfer(&self, debit: Account, credit: Account, amount: i64) -> NewTransfer {
        NewTransfer::new(self.transfer_id(), debit, credit, atomic(amount), TransferKind::Adjustment)
    }

    /// Give an account so much from outside.
    ///
    /// # Panics
    /// When the ledger refuses.
    pub async fn fill(&self, account: Account, amount: i64) {
        let outside = Account { kind: AccountKind::Outside, owner: None, ..account };
        self.ledger_one(Step::Create(self.transfer(outside, account, amount))).await.expect("there is room for it");
    }

    /// Take one step in a transaction of its own.
    ///
    /// # Errors
    /// When a rule refuses it.
    pub async fn ledger_one(&self, step: Step) -> Result<Posted, LedgerError> {
        let txn = self.database.db.write().await?;
        let posted = ledger::one(&self.domain, &txn, step).await?;
        txn.commit().await?;
        Ok(posted)
    }

    /// Take chains in a transaction of their own.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn ledger_apply(&self, chains: &[Chain]) -> Vec<Result<Vec<Posted>, Refusal>> {
        let txn = self.database.db.write().await.expect("a transaction");
        let done = ledger::apply(&self.domain, &txn, chains).await.expect("the ledger answers");
        txn.commit().await.expect("the commit");
        done
    }

    /// # Panics
    /// When the database refuses.
    pub async fn figures(&self, account: Account) -> Figures {
        ledger::balance(&self.database.db, account).await.expect("it answers")
    }

    /// The sentences of all promises of the ledger that are broken.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn ledger_breaks(&self) -> Vec<String> {
        let breaks = ledger::verify(&self.database.db, |_| ()).await.expect("it answers");
        breaks.into_iter().map(|broken| format!("{}: {}", broken.promise, broken.sentence)).collect()
    }

    /// Whether exactly these promises of the ledger are broken.
    ///
    /// # Errors
    /// With what is broken, when it is something else.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn ledger_breaks_of(&self, promises: &[&str]) -> Result<(), Vec<String>> {
        let found = self.ledger_breaks().await;
        let mut broken: Vec<&str> = found.iter().filter_map(|sentence| Some(sentence.split_once(": ")?.0)).collect();
        broken.dedup();
        let mut expected = promises.to_vec();
        expected.sort_unstable();
        broken.sort_unstable();
        broken.dedup();
        if broken == expected { Ok(()) } else { Err(found) }
    }
}

/// An agent of somebody's, or a vendor.
#[derive(Debug, Clone, Copy)]
pub struct Trader {
    pub caller: Caller,
    pub profile: ProfileId,
}

impl World {
    /// A user with a profile as an agent that has so much of the house's own mint.
    pub async fn payer(&self, amount: i64) -> Trader {
        let trader = self.trader(Kind::Agent).await;
        if amount > 0 {
            self.fill(Account::of(AccountKind::Agent, trader.profile, self.house_mint()), amount).await;
        }
        trader
    }

    /// A user with a profile as a vendor.
    pub async fn vendor(&self) -> Trader {
        self.trader(Kind::Vendor).await
    }

    /// # Panics
    /// When the database refuses.
    async fn trader(&self, kind: Kind) -> Trader {
        let caller = self.operator().await;
        let draft = Draft {
            name: "Trader".into(),
            description: None,
            service_type: None,
            gateway_url: None,
            withdrawal_address: None,
            base_price_atomic: Amount::ZERO,
        };
        let profile = self.domain.profiles().save(&caller, kind, draft).await.expect("the profile is saved");
        Trader { caller, profile: profile.id }
    }

    #[must_use]
    pub fn house_mint(&self) -> Address {
        self.domain.settings().payments.mint
    }

    /// A payment to a vendor, with an id of its own.
    #[must_use]
    pub fn payment(&self, to: &Trader, amount: i64) -> PayRequest {
        PayRequest { id: self.transfer_id(), to: to.profile, amount: atomic(amount), mint: None, reference: None }
    }

    /// A key that acts for an agent.
    ///
    /// # Panics
    /// When it cannot be linked.
    pub async fn link_agent(&self, payer: &Trader) -> TestWallet {
        let mut seed = [0; 32];
        seed[..16].copy_from_slice(uuid::Uuid::from(self.transfer_id()).as_bytes());
        let wallet = TestWallet::of(seed);
        let devices = self.domain.devices();
        let new = NewDevice { kind: Kind::Agent, name: "Trader".into(), public_key: wallet.address() };
        let pairing = devices.start(new).await.expect("a pairing");
        devices.approve(&payer.caller, &pairing.user_code, Approval::default(), None).await.expect("it is allowed");
        let code = pairing.device_code.reveal();
        let proof =
            wallet.signature(proof_text(&self.domain.settings().site.authority(), code).as_bytes()).parse().expect("64 bytes of base58");
        devices.poll(code, &proof).await.expect("it is linked");
        wallet
    }

    /// A payment that an agent has signed for a vendor, good for a minute.
    #[must_use]
    pub fn signed(&self, key: &TestWallet, to: &Trader, amount: i64) -> SignedIntent {
        let second = self.domain.now().micros() / 1_000_000 + 60;
        key.sign_intent(
            &self.domain.settings().site,
            SignedIntent {
                agent: key.address(),
                to: to.profile,
                amount: atomic(amount),
                mint: self.house_mint(),
                nonce: self.transfer_id().to_string(),
                expires_at: Timestamp::from_micros(second * 1_000_000),
                signature: Signature::from_bytes([0; 64]),
            },
        )
    }
}

//! Payers with enough money, and one vendor.

use std::sync::Arc;

use bench::BoxError;
use domain::accounts::Role;
use domain::entities::Amount;
use domain::entities::id::{ProfileId, TransferId};
use domain::ledger::{self, Account, AccountKind, Chain, NewTransfer, Step, TransferKind};
use domain::payments::PayRequest;
use domain::profiles::{Draft, Kind};
use domain::{Caller, Domain, Ports, Settings};
use jobs::{Queue, WakeBus};
use platform::{Db, DbSettings, Ids, SystemClock, SystemRng};

use crate::PAYERS;

pub struct Stage {
    pub db: Db,
    pub domain: Domain,
    pub payers: Vec<Caller>,
    pub profiles: Vec<ProfileId>,
    pub vendor: ProfileId,
}

pub async fn set(url: &str) -> Result<Stage, BoxError> {
    let db = Db::connect(&DbSettings { connections_max: 64, ..DbSettings::default() }, url).await?;
    migrations::apply_all(db.connection(), |_| {}).await?;
    let clock = Arc::new(SystemClock);
    let queue = Queue::new(Ids::new(Arc::clone(&clock) as Arc<_>), WakeBus::local());
    let domain = Domain::new(db.clone(), queue, clock, Arc::new(SystemRng), Settings::default(), Ports::default());
    let (mut payers, mut profiles) = (Vec::new(), Vec::new());
    for _ in 0..PAYERS {
        let (payer, profile) = trader(&domain, Kind::Agent).await?;
        payers.push(payer);
        profiles.push(profile);
    }
    let (_, vendor) = trader(&domain, Kind::Vendor).await?;
    let stage = Stage { db, domain, payers, profiles, vendor };
    stage.fill(&stage.profiles).await?;
    Ok(stage)
}

async fn trader(domain: &Domain, kind: Kind) -> Result<(Caller, ProfileId), BoxError> {
    let user = domain.accounts().issue(Role::Operator, None).await?;
    let caller = Caller::new(user.id, user.role);
    let profile = domain.profiles().save(&caller, kind, draft()).await?;
    Ok((caller, profile.id))
}

fn draft() -> Draft {
    Draft {
        name: "Trader".into(),
        description: None,
        service_type: None,
        gateway_url: None,
        withdrawal_address: None,
        base_price_atomic: Amount::ZERO,
    }
}

impl Stage {
    /// Give agents more than they can spend.
    pub async fn fill(&self, profiles: &[ProfileId]) -> Result<(), BoxError> {
        let mint = self.domain.settings().payments.mint;
        let custody = Account::of_house(AccountKind::Custody, mint);
        let deposit = |profile: &ProfileId| -> Result<Chain, BoxError> {
            let agent = Account::of(AccountKind::Agent, *profile, mint);
            let amount = Amount::new(1_000_000_000_000)?;
            Ok(Chain::one(Step::Create(NewTransfer::new(self.id(), custody, agent, amount, TransferKind::Deposit))))
        };
        let chains = profiles.iter().map(deposit).collect::<Result<Vec<_>, _>>()?;
        let txn = self.db.write().await?;
        for done in ledger::apply(&self.domain, &txn, &chains).await? {
            done?;
        }
        Ok(txn.commit().await?)
    }

    pub fn id(&self) -> TransferId {
        self.domain.queue().ids().next()
    }

    pub fn payment(&self) -> Result<PayRequest, BoxError> {
        Ok(PayRequest { id: self.id(), to: self.vendor, amount: Amount::new(1)?, mint: None, reference: None })
    }
}

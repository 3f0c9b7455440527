//! A house with a cluster: an account where deposits arrive, and somebody who makes them.

use std::sync::Arc;

use domain::deposits::{Deposit, DepositState};
use domain::entities::id::DepositId;
use domain::entities::{Address, Signature, custody_account, deposit};
use domain::ledger::{Account, AccountKind};
use domain::sign_in::WalletLogin;
use domain::tokens::NewToken;
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait as _, IntoActiveModel as _};

use crate::cluster::Sent;
use crate::{FakeCluster, Kind, TestWallet, Trader, World, atomic};

/// A world on a cluster of its own, on which USDC is taken.
pub struct Shore {
    pub world: World,
    pub cluster: Arc<FakeCluster>,
    pub custody: Address,
    /// An agent that has nothing and no wallet.
    pub agent: Trader,
}

impl Shore {
    pub async fn on(kind: Kind) -> Self {
        Self::with(kind, domain::Settings::default()).await
    }

    /// # Panics
    /// When the token is not taken.
    pub async fn with(kind: Kind, settings: domain::Settings) -> Self {
        let cluster = Arc::new(FakeCluster::default());
        let world = World::on_cluster(kind, settings, &cluster).await;
        let usdc = NewToken { symbol: "USDC".into(), mint: world.house_mint() };
        world.domain.tokens().add(usdc).await.expect("the token is taken");
        let agent = world.payer(0).await;
        let custody = world.domain.deposits().addresses(&agent.caller).await.expect("the account is open")[0].account;
        Self { world, cluster, custody, agent }
    }

    /// Somebody's transfer to the custody account.
    #[must_use]
    pub fn sent<'a>(&self, from: Address, amount: u64, memo: Option<&'a str>) -> Sent<'a> {
        Sent { from, to: self.custody, mint: self.world.house_mint(), amount, memo }
    }

    /// With the memo of the agent, from nobody who is known.
    #[expect(clippy::must_use_candidate, reason = "most stories do not ask for its name")]
    pub fn deposits(&self, amount: u64) -> Signature {
        let memo = self.agent.profile.to_string();
        self.cluster.sends(self.sent(stranger(), amount, Some(&memo)))
    }

    /// Without a memo, from nobody who is known.
    #[expect(clippy::must_use_candidate, reason = "most stories do not ask for its name")]
    pub fn strays(&self, amount: u64) -> Signature {
        self.cluster.sends(self.sent(stranger(), amount, None))
    }

    /// Link a wallet to the agent's user.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn link(&self, wallet: &TestWallet) {
        let login: WalletLogin = wallet.answers(&self.world).await;
        self.world.domain.sign_ins().add_wallet(&self.agent.caller, &login, None).await.expect("it is linked");
    }

    /// Index until nothing is left to do.
    ///
    /// # Panics
    /// When somebody does not answer.
    pub async fn index(&self) {
        while self.world.domain.deposits().index().await.expect("everybody answers").is_behind {}
    }

    /// What the agent can spend.
    pub async fn available(&self) -> i64 {
        self.world.figures(Account::of(AccountKind::Agent, self.agent.profile, self.world.house_mint())).await.available()
    }

    /// What arrived and is nobody's.
    pub async fn suspense(&self) -> i64 {
        self.world.figures(Account::of_house(AccountKind::Suspense, self.world.house_mint())).await.available()
    }

    pub async fn rows(&self) -> i64 {
        self.world.database.count("SELECT count(*) FROM deposits").await
    }
}

/// Nobody who is known.
#[must_use]
pub fn stranger() -> Address {
    Address::from_bytes([66; 32])
}

impl World {
    /// A deposit that is nobody's, of the house's own mint.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn stray_deposit(&self, amount: i64) -> DepositId {
        let (mint, now) = (self.house_mint(), self.domain.now());
        let account = custody_account::Model {
            address: Address::from_bytes([9; 32]),
            network: "localnet".into(),
            mint,
            owner: Address::from_bytes([8; 32]),
            cursor_signature: None,
            cursor_slot: 0,
            scan_before: None,
            scan_horizon: None,
            created_at: now,
        };
        let id: DepositId = self.domain.queue().ids().next();
        let mut signature = [0; 64];
        signature[..16].copy_from_slice(uuid::Uuid::from(id).as_bytes());
        let row = Deposit {
            id,
            account: account.address,
            mint,
            signature: Signature::from_bytes(signature),
            instruction: 0,
            inner_instruction: -1,
            slot: 1,
            amount: atomic(amount),
            source_account: None,
            source_owner: None,
            memo: None,
            state: DepositState::Unattributed,
            profile_id: None,
            attribution: None,
            arrived_at: None,
            created_at: now,
            credited_at: None,
        };
        let txn = self.database.db.write().await.expect("a transaction");
        let unless_there = OnConflict::new().do_nothing().to_owned();
        let account = custody_account::Entity::insert(account.into_active_model()).on_conflict(unless_there);
        account.exec_without_returning(&*txn).await.expect("it is written");
        deposit::Entity::insert(row.into_active_model()).exec_without_returning(&*txn).await.expect("it is written");
        txn.commit().await.expect("the commit");
        self.fill(Account::of_house(AccountKind::Suspense, mint), amount).await;
        id
    }
}

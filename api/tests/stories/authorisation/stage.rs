//! The callers of the table, and what they call about.

use std::time::Duration;

use domain::accounts::Role;
use domain::api_keys::{Holder, NewApiKey, Scope};
use domain::devices::{Approval, NewDevice, proof_text};
use domain::entities::Amount;
use domain::entities::id::WebhookId;
use domain::ledger::{Account, AccountKind};
use domain::limits::Settings as Limits;
use domain::ops::Actor;
use domain::paging::PageRequest;
use domain::profiles::{Draft, Kind};
use domain::settlements::PayoutRequest;
use domain::sign_in::Method;
use domain::webhooks::{DeliveryFilter, WebhookDraft};
use jobs::kinds::JobKind;
use jobs::store::schedules::{CatchUp, Entry, seed};
use serde_json::{Value, json};
use testkit::TestWallet;

use super::table::About;
use crate::house::{Guest, House};

/// A house with everybody in it.
pub struct Stage {
    pub house: House,
    owner: Guest,
    holder: Guest,
    /// What the callers of the nine columns show.
    pub shown: [Option<String>; 9],
}

impl Stage {
    /// For an operation that needs this scope; `None` lets no program in.
    pub async fn set(needed: Option<Scope>, about: About) -> Self {
        let house = House::limited(Limits::off()).await;
        let [suspended, stranger, holder, owner] = [
            signed_in(&house, Role::Operator).await,
            signed_in(&house, Role::Operator).await,
            signed_in(&house, Role::Operator).await,
            signed_in(&house, Role::Operator).await,
        ];
        let (observer, architect) = (signed_in(&house, Role::Observer).await, signed_in(&house, Role::Architect).await);
        let actor = Actor { caller: architect.caller, request_id: None };
        house.world.domain.ops().suspend(&actor, suspended.caller.user_id, None).await.unwrap();
        let in_operations = matches!(needed, Some(Scope::OpsRead | Scope::OpsWrite));
        let programs_of = if in_operations { &architect } else { &owner };
        let with = key(&house, programs_of, Scope::ALL.iter().copied().filter(|scope| needed.is_none_or(|needed| needed == *scope))).await;
        let without = key(&house, programs_of, Scope::ALL.iter().copied().filter(|scope| Some(*scope) != needed)).await;
        if about == About::Schedule {
            let (kind, payload, catch_up) = (JobKind::PruneRows, json!({}), CatchUp::Latest);
            let entry = Entry { name: "tidy_up", kind, payload, cron: "0 17 * * * *", timezone: "UTC", catch_up };
            seed(&house.world.database.db, &[entry]).await.unwrap();
        }
        let shown = [&suspended, &stranger, &holder, &owner, &observer, &architect].map(|guest| Some(guest.token.clone()));
        let [suspended, stranger, held, own, observer, architect] = shown;
        Self { house, owner, holder, shown: [None, suspended, stranger, held, own, observer, architect, Some(with), Some(without)] }
    }

    /// Something new to call about: what the placeholders of the path stand for, and the body that fits better than the example.
    pub async fn prop(&self, about: About, operation: &str) -> (Vec<String>, Option<Value>) {
        let (world, domain, owner) = (&self.house.world, &self.house.world.domain, &self.owner.caller);
        let only = |text: String| (vec![text], None);
        match about {
            About::Nothing => (Vec::new(), None),
            About::Agent => {
                let agent = world.deployed_agent(owner).await.row.id;
                let holder = self.holder.caller.user_id;
                domain.entitlements().grant(owner, agent, holder, None).await.unwrap();
                let body = match operation {
                    "runAgent" => Some(json!({ "agent_id": agent, "input": { "text": "a" } })),
                    "grantEntitlement" => Some(json!({ "user_id": holder })),
                    _ => None,
                };
                (vec![agent.to_string(), holder.to_string()], body)
            }
            About::Execution | About::Job => {
                let agent = world.deployed_agent(owner).await.row.id;
                let run = world.run_agent(owner, agent, json!({ "text": "a" })).await;
                only(if about == About::Job { run.job_id.to_string() } else { run.execution_id.to_string() })
            }
            About::Identity => {
                if let Some(identity) = domain.accounts().identities(owner).await.unwrap().first() {
                    return only(identity.id.to_string());
                }
                let login = TestWallet::new(1).answers(world).await;
                only(domain.sign_ins().add_wallet(owner, &login, None).await.unwrap().id.to_string())
            }
            About::Profile => {
                domain.profiles().save(owner, Kind::Agent, draft()).await.unwrap();
                (vec!["agent".into()], Some(json!({ "name": "Scout" })))
            }
            About::Trader => only(domain.profiles().save(owner, Kind::Agent, draft()).await.unwrap().id.to_string()),
            About::Key => {
                let new =
                    NewApiKey { name: "n".into(), holder: Holder::User, scopes: [Scope::Read].into_iter().collect(), expires_at: None };
                only(domain.api_keys().create(owner, new, None).await.unwrap().get().key.id.to_string())
            }
            About::Link | About::Code => {
                let wallet = TestWallet::new(9);
                let new = NewDevice { kind: Kind::Agent, name: "Scout".into(), public_key: wallet.address() };
                let pairing = domain.devices().start(new).await.unwrap();
                if about == About::Code {
                    return (vec![pairing.user_code.to_string()], Some(json!({})));
                }
                domain.devices().approve(owner, &pairing.user_code, Approval::default(), None).await.unwrap();
                let code = pairing.device_code.reveal();
                let proof = wallet.signature(proof_text(&domain.settings().site.authority(), code).as_bytes()).parse().unwrap();
                only(domain.devices().poll(code, &proof).await.unwrap().id.to_string())
            }
            About::Webhook => only(self.webhook().await.to_string()),
            About::Delivery => {
                let webhook = self.webhook().await;
                domain.webhooks().test(owner, webhook, None).await.unwrap();
                let filter = DeliveryFilter::default();
                let deliveries = domain.webhooks().deliveries(owner, webhook, &filter, &PageRequest::default()).await.unwrap();
                (vec![webhook.to_string(), deliveries.items[0].row.id.to_string()], None)
            }
            About::Deposit => {
                let agent = domain.profiles().save(owner, Kind::Agent, draft()).await.unwrap().id;
                let deposit = world.stray_deposit(5).await;
                (vec![deposit.to_string()], Some(json!({ "profile_id": agent })))
            }
            About::Payout => {
                let vendor = domain.profiles().save(owner, Kind::Vendor, draft()).await.unwrap().id;
                world.fill(Account::of(AccountKind::VendorUnsettled, vendor, world.house_mint()), 1).await;
                let (amount, reference) = (Amount::new(1).unwrap(), world.transfer_id().to_string());
                let request = PayoutRequest { amount, mint: None, destination_wallet: TestWallet::new(3).address(), reference };
                only(domain.settlements().request(owner, request, None).await.unwrap().into_inner().payout_id.to_string())
            }
            About::Pool => only("simulation".into()),
            About::Schedule => only("tidy_up".into()),
            About::User => only(world.operator().await.user_id.to_string()),
        }
    }
}

impl Stage {
    /// A webhook of the owner's.
    async fn webhook(&self) -> WebhookId {
        let draft = WebhookDraft {
            url: "https://hooks.example/tallyman".into(),
            events: vec!["execution.*".into()],
            description: None,
            state: None,
        };
        let made = self.house.world.domain.webhooks().create(&self.owner.caller, draft, None).await.unwrap();
        made.into_inner().webhook.id
    }
}

/// Somebody with a sign-in, which they may close.
async fn signed_in(house: &House, role: Role) -> Guest {
    let domain = &house.world.domain;
    let user = domain.accounts().issue(role, None).await.unwrap();
    let txn = house.world.database.db.write().await.unwrap();
    let caller = domain.sign_ins().open(&txn, user, Method::Link).await.unwrap().caller();
    txn.commit().await.unwrap();
    Guest { caller, token: house.app.tokens.issue(&caller, Duration::from_mins(15)).unwrap() }
}

/// A key of this guest's; scopes that its user may not give are left out.
async fn key(house: &House, of: &Guest, scopes: impl Iterator<Item = Scope>) -> String {
    let may = |scope: &Scope| of.caller.is_architect() || !matches!(scope, Scope::OpsRead | Scope::OpsWrite);
    let new = NewApiKey { name: "n".into(), holder: Holder::User, scopes: scopes.filter(may).collect(), expires_at: None };
    let issued = house.world.domain.api_keys().create(&of.caller, new, None).await.unwrap().into_inner();
    issued.secret.unwrap().reveal().to_owned()
}

fn draft() -> Draft {
    Draft {
        name: "Scout".into(),
        description: None,
        service_type: None,
        gateway_url: None,
        withdrawal_address: None,
        base_price_atomic: Amount::ZERO,
    }
}

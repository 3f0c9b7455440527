//! Devices: paired by a short code, believed by their key.

use std::time::Duration;

use domain::Fault as _;
use domain::accounts::{Credential, Role};
use domain::api_keys::Scope;
use domain::devices::{self, Approval, DeviceError, DeviceLink, NewDevice, Nonce, Pairing, UserCode, proof_text};
use domain::entities::Amount;
use domain::ops::Actor;
use domain::profiles::{Draft, Kind};
use domain::siws::Signature;
use domain::{Caller, idempotency::Claim};
use serde_json::json;
use testkit::{TestWallet, World};

crate::on_every_engine!(
    a_device_is_linked_when_somebody_says_yes_and_it_proves_its_key,
    a_device_that_asks_too_often_has_to_ask_less_often,
    a_pairing_ends_with_its_time_and_with_a_no,
    nobody_is_linked_without_the_key,
    the_name_is_that_of_the_profile,
    a_signed_request_counts_once,
    a_device_counts_until_somebody_parts_with_it,
    a_key_speaks_for_one_user_at_a_time,
    of_many_pairings_of_one_key_one_is_linked,
    what_came_to_nothing_is_forgotten,
);

fn wallet() -> TestWallet {
    TestWallet::new(9)
}

async fn pairing(world: &World, kind: Kind) -> Pairing {
    let new = NewDevice { kind, name: "Scout".into(), public_key: wallet().address() };
    world.domain.devices().start(new).await.unwrap()
}

/// For the server that the settings of a test name.
fn proof(pairing: &Pairing, wallet: &TestWallet) -> Signature {
    proof_for("127.0.0.1:8080", pairing, wallet)
}

fn proof_for(server: &str, pairing: &Pairing, wallet: &TestWallet) -> Signature {
    wallet.signature(proof_text(server, pairing.device_code.reveal()).as_bytes()).parse().unwrap()
}

/// Ask as a device does that waits as long as it is told.
async fn ask(world: &World, pairing: &Pairing) -> Result<DeviceLink, DeviceError> {
    world.clock.advance(Duration::from_secs(5));
    world.domain.devices().poll(pairing.device_code.reveal(), &proof(pairing, &wallet())).await
}

async fn linked(world: &World, caller: &Caller) -> DeviceLink {
    let pairing = pairing(world, Kind::Agent).await;
    world.domain.devices().approve(caller, &pairing.user_code, Approval::default(), None).await.unwrap();
    ask(world, &pairing).await.unwrap()
}

fn nonce(world: &World, text: &str) -> Nonce {
    Nonce { text: text.into(), expires_at: world.domain.now().plus(Duration::from_mins(5)) }
}

async fn speaks_for(world: &World, link: &DeviceLink, text: &str) -> Result<Caller, DeviceError> {
    let key = world.domain.devices().key(link.id).await?;
    let caller = world.domain.devices().caller(key).await?;
    world.domain.devices().spend(link.id, &nonce(world, text)).await?;
    Ok(caller)
}

async fn a_device_is_linked_when_somebody_says_yes_and_it_proves_its_key(world: World) {
    let (ann, devices) = (world.operator().await, world.domain.devices());
    let pairing = pairing(&world, Kind::Agent).await;
    assert!(matches!(ask(&world, &pairing).await, Err(DeviceError::Pending)));
    let typed: UserCode = pairing.user_code.to_string().to_lowercase().parse().unwrap();
    let shown = devices.waiting(&typed).await.unwrap();
    assert_eq!(shown.public_key, wallet().address());
    let another = Approval { shown: Some(uuid::Uuid::from_u128(1).into()), ..Approval::default() };
    assert!(matches!(devices.approve(&ann, &typed, another, None).await, Err(DeviceError::Code)), "not the device that was looked at");
    devices.approve(&ann, &typed, Approval { shown: Some(shown.id), ..Approval::default() }, None).await.unwrap();
    assert!(matches!(devices.waiting(&typed).await, Err(DeviceError::Code)), "answered once");
    assert!(devices.linked(&ann).await.unwrap().is_empty(), "not before it has proved its key");
    let link = ask(&world, &pairing).await.unwrap();
    assert_eq!((link.name.as_str(), link.user_id), ("Scout", Some(ann.user_id)));
    assert_eq!(ask(&world, &pairing).await.unwrap().id, link.id, "an answer that was lost is told again");
    let caller = speaks_for(&world, &link, "0123456789abcdef").await.unwrap();
    assert_eq!((caller.user_id, caller.has(Scope::Run), caller.has(Scope::Write)), (ann.user_id, true, false));
    assert!(matches!(caller.credential, Credential::Device(id, _) if id == link.id) && !caller.is_signed_in());
    world.finish().await;
}

async fn a_device_that_asks_too_often_has_to_ask_less_often(world: World) {
    let pairing = pairing(&world, Kind::Agent).await;
    assert!(matches!(ask(&world, &pairing).await, Err(DeviceError::Pending)));
    let at_once = world.domain.devices().poll(pairing.device_code.reveal(), &proof(&pairing, &wallet())).await;
    assert!(matches!(at_once, Err(DeviceError::SlowDown { seconds: 10 })), "{at_once:?}");
    assert!(matches!(ask(&world, &pairing).await, Err(DeviceError::SlowDown { seconds: 15 })), "five seconds are too few now");
    world.clock.advance(Duration::from_secs(10));
    assert!(matches!(ask(&world, &pairing).await, Err(DeviceError::Pending)));
    world.finish().await;
}

async fn a_pairing_ends_with_its_time_and_with_a_no(world: World) {
    let (ann, devices) = (world.operator().await, world.domain.devices());
    let (late, denied) = (pairing(&world, Kind::Agent).await, pairing(&world, Kind::Agent).await);
    devices.deny(&denied.user_code, None).await.unwrap();
    assert!(matches!(ask(&world, &denied).await, Err(DeviceError::Denied)));
    assert!(matches!(devices.deny(&denied.user_code, None).await, Err(DeviceError::Code)));
    world.clock.advance(Duration::from_mins(10));
    assert!(matches!(devices.approve(&ann, &late.user_code, Approval::default(), None).await, Err(DeviceError::Code)));
    assert!(matches!(ask(&world, &late).await, Err(DeviceError::Expired)));
    world.finish().await;
}

async fn nobody_is_linked_without_the_key(world: World) {
    let (ann, devices) = (world.operator().await, world.domain.devices());
    let pairing = pairing(&world, Kind::Agent).await;
    devices.approve(&ann, &pairing.user_code, Approval::default(), None).await.unwrap();
    let forged = devices.poll(pairing.device_code.reveal(), &proof(&pairing, &TestWallet::new(1))).await;
    assert_eq!(forged.unwrap_err().code(), "invalid-signature");
    let relayed = devices.poll(pairing.device_code.reveal(), &proof_for("tallyman.evil.example", &pairing, &wallet())).await;
    assert_eq!(relayed.unwrap_err().code(), "invalid-signature", "what was proved to another server is passed on in vain");
    let guessed = devices.poll("0123456789abcdef", &proof(&pairing, &wallet())).await;
    assert!(matches!(guessed, Err(DeviceError::Grant)));
    assert!(devices.linked(&ann).await.unwrap().is_empty());
    let stored = format!("SELECT count(*) FROM device_links WHERE device_code_hash = '{}'", pairing.device_code.reveal());
    assert_eq!(world.database.count(&stored).await, 0, "only its hash is stored");
    world.finish().await;
}

async fn the_name_is_that_of_the_profile(world: World) {
    let (ann, devices) = (world.operator().await, world.domain.devices());
    let draft = |name: &str| Draft {
        name: name.into(),
        description: None,
        service_type: Some("weather".into()),
        gateway_url: Some("https://weather.example.com".into()),
        withdrawal_address: Some(wallet().address()),
        base_price_atomic: Amount::ZERO,
    };
    let saying = |profile: Draft| Approval { profile: Some(profile), ..Approval::default() };
    let first = pairing(&world, Kind::Vendor).await;
    let wrong = devices.approve(&ann, &first.user_code, saying(draft(" ")), None).await.unwrap_err();
    assert_eq!(wrong.fields()[0].pointer, "/name");
    let claim = Claim::new(&ann, "POST", "/v1/link", "k", &json!({}));
    for _ in 0..2 {
        let approved = devices.approve(&ann, &first.user_code, saying(draft("Weather")), Some(&claim)).await.unwrap();
        assert_eq!(approved.name, "Weather");
    }
    let second = pairing(&world, Kind::Vendor).await;
    assert_eq!(devices.approve(&ann, &second.user_code, Approval::default(), None).await.unwrap().name, "Weather", "the profile is there");
    assert_eq!(world.domain.profiles().own(&ann).await.unwrap().len(), 1);
    world.finish().await;
}

async fn a_signed_request_counts_once(world: World) {
    let link = linked(&world, &world.operator().await).await;
    let tries = futures::future::join_all((0..5).map(|_| speaks_for(&world, &link, "0123456789abcdef"))).await;
    assert_eq!(tries.iter().filter(|tried| tried.is_ok()).count(), 1);
    assert!(tries.iter().filter(|tried| tried.is_err()).all(|tried| matches!(tried, Err(DeviceError::Replayed))));
    assert!(speaks_for(&world, &link, "another nonce of it").await.is_ok());
    world.finish().await;
}

async fn a_device_counts_until_somebody_parts_with_it(world: World) {
    let (ann, ben) = (world.operator().await, world.operator().await);
    let link = linked(&world, &ann).await;
    assert!(speaks_for(&world, &link, "the first nonce of it").await.is_ok());
    let actor = Actor { caller: world.caller(Role::Architect).await, request_id: None };
    world.domain.ops().suspend(&actor, ann.user_id, None).await.unwrap();
    assert!(speaks_for(&world, &link, "the second nonce of it").await.is_err(), "nor does it count for somebody who is suspended");
    world.domain.ops().resume(&actor, ann.user_id, None).await.unwrap();
    assert!(matches!(world.domain.devices().revoke(&ben, link.id).await, Err(DeviceError::Missing { .. })));
    for _ in 0..2 {
        world.domain.devices().revoke(&ann, link.id).await.unwrap();
    }
    assert!(speaks_for(&world, &link, "the third nonce of it").await.is_err());
    world.finish().await;
}

async fn a_key_speaks_for_one_user_at_a_time(world: World) {
    let (ann, ben) = (world.operator().await, world.operator().await);
    let of_ann = linked(&world, &ann).await;
    assert!(speaks_for(&world, &of_ann, "the first nonce of it").await.is_ok());
    let of_ben = linked(&world, &ben).await;
    assert!(speaks_for(&world, &of_ann, "the second nonce of it").await.is_err());
    assert_eq!(speaks_for(&world, &of_ben, "the third nonce of it").await.unwrap().user_id, ben.user_id);
    world.finish().await;
}

async fn of_many_pairings_of_one_key_one_is_linked(world: World) {
    let mut approved = Vec::new();
    for _ in 0..8 {
        let pairing = pairing(&world, Kind::Agent).await;
        world.domain.devices().approve(&world.operator().await, &pairing.user_code, Approval::default(), None).await.unwrap();
        approved.push(pairing);
    }
    let polls = approved.into_iter().map(|pairing| {
        let domain = world.domain.clone();
        testkit::spawn(async move { domain.devices().poll(pairing.device_code.reveal(), &proof(&pairing, &wallet())).await })
    });
    for polled in futures::future::join_all(polls).await {
        let refused = polled.unwrap().err();
        assert!(refused.is_none(), "each is linked, and parted with for the next one: {refused:?}");
    }
    assert_eq!(world.database.count("SELECT count(*) FROM device_links WHERE state = 'linked'").await, 1);
    world.finish().await;
}

async fn what_came_to_nothing_is_forgotten(world: World) {
    let (ann, devices) = (world.operator().await, world.domain.devices());
    let link = linked(&world, &ann).await;
    speaks_for(&world, &link, "a nonce of long ago").await.unwrap();
    let (unanswered, denied) = (pairing(&world, Kind::Agent).await, pairing(&world, Kind::Agent).await);
    devices.deny(&denied.user_code, None).await.unwrap();
    assert_eq!(devices::prune(&world.domain, 10).await.unwrap(), 0);
    world.clock.advance(Duration::from_hours(1));
    assert_eq!(devices::prune(&world.domain, 10).await.unwrap(), 1, "the nonce");
    assert!(matches!(ask(&world, &unanswered).await, Err(DeviceError::Expired)), "whoever comes late is still told why");
    world.clock.advance(Duration::from_mins(10));
    assert_eq!(devices::prune(&world.domain, 10).await.unwrap(), 2, "pairings that came to nothing, an hour after their time");
    assert!(matches!(ask(&world, &unanswered).await, Err(DeviceError::Grant)));
    assert_eq!(devices.linked(&ann).await.unwrap().len(), 1, "a linked device stays");
    devices.revoke(&ann, link.id).await.unwrap();
    world.clock.advance(Duration::from_hours(24 * 30));
    assert_eq!(devices::prune(&world.domain, 10).await.unwrap(), 0, "a device that somebody parted with is known for a month");
    world.clock.advance(Duration::from_hours(1));
    assert_eq!(devices::prune(&world.domain, 10).await.unwrap(), 1);
    world.finish().await;
}

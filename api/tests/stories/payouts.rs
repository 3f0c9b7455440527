//! Payouts at the door.

use domain::accounts::Role;
use domain::ledger::{Account, AccountKind};
use domain::profiles::Kind;
use serde_json::json;
use testkit::TestWallet;

use crate::house::{Guest, House};

/// A vendor who has earned so much.
async fn vendor(house: &House, earned: i64) -> Guest {
    let guest = house.guest(Role::Operator).await;
    let saved = guest.knock(house.client.put("/v1/users/me/profiles/vendor").body_json(&json!({ "name": "Weather" }))).await;
    assert_eq!(saved.status, 200);
    let profile = house.world.domain.profiles().get(&guest.caller, Kind::Vendor).await.unwrap().id;
    house.world.fill(Account::of(AccountKind::VendorUnsettled, profile, house.world.house_mint()), earned).await;
    guest
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_asks_once_for_each_reference_and_follows_the_operation() {
    let house = House::open().await;
    let ann = vendor(&house, 1_000).await;
    let wallet = TestWallet::new(3).address().to_string();
    let body = json!({ "amount": "600", "destinationWallet": wallet, "reference": "invoice 1" });
    let asked = house.post(&ann, "/v1/vendor/payouts", &body).await;
    assert_eq!((asked.status, asked.text("kind"), asked.text("state")), (202, "track_payout", "queued"));
    let path = asked.text("resource").to_owned();
    assert!(path.starts_with("/v1/vendor/payouts/pay_"), "{path}");
    let payout = house.get(&ann, &path).await;
    assert_eq!(
        (payout.status, payout.text("state"), payout.text("amount"), payout.text("reference")),
        (200, "pending", "600", "invoice 1")
    );

    let again = house.post(&ann, "/v1/vendor/payouts", &body).await;
    assert_eq!((again.status, again.text("resource")), (202, path.as_str()));
    let other = json!({ "amount": "1", "destination_wallet": wallet, "reference": "invoice 1" });
    let other = house.post(&ann, "/v1/vendor/payouts", &other).await;
    assert_eq!((other.status, other.problem()), (409, "conflict"));
    let too_much = json!({ "amount": "401", "destination_wallet": wallet, "reference": "invoice 2" });
    assert_eq!(house.post(&ann, "/v1/vendor/payouts", &too_much).await.problem(), "insufficient-funds");
    assert_eq!(house.get(&ann, "/v1/vendor/payouts").await.column("payouts", "state"), ["pending"]);

    let wrong = json!({ "amount": "0", "destination_wallet": wallet, "reference": "" });
    let wrong = house.post(&ann, "/v1/vendor/payouts", &wrong).await;
    assert_eq!((wrong.status, wrong.pointers()), (400, vec!["/amount", "/reference"]));
    let tried = house.post(&ann, "/v1/vendor/payouts?validate_only=true", &body).await;
    assert_eq!(tried.status, 200);

    let ben = house.guest(Role::Operator).await;
    assert_eq!(house.get(&ben, &path).await.status, 404, "it is somebody else's");
    let no_vendor = house.post(&ben, "/v1/vendor/payouts", &body).await;
    assert_eq!((no_vendor.status, no_vendor.problem()), (409, "refused"));
    let program = house.program(&ann, &["read", "write"]).await;
    assert_eq!(house.post(&program, "/v1/vendor/payouts", &body).await.status, 403, "it says where money goes");
    house.world.database.execute("UPDATE jobs SET state = 'cancelled', finished_at = 1").await;
    house.close().await;
}

//! Profiles at the door.

use domain::accounts::Role;
use serde_json::json;
use testkit::TestWallet;

use crate::house::House;

#[tokio::test]
async fn a_user_says_what_they_are_on_the_market() {
    let house = House::open().await;
    let ann = house.guest(Role::Operator).await;
    let path = "/v1/users/me/profiles/vendor";
    assert_eq!(house.get(&ann, path).await.status, 404);
    let address = TestWallet::new(1).address().to_string();
    let body = json!({ "name": "Weather", "serviceType": "weather", "gateway_url": "https://weather.example.com", "withdrawal_address": address, "base_price_atomic": "1500" });
    let put = async |body: &serde_json::Value| ann.knock(house.client.put(path).body_json(body)).await;
    let saved = put(&body).await;
    assert_eq!((saved.status, saved.text("type"), saved.text("service_type")), (200, "vendor", "weather"));
    assert_eq!((saved.text("base_price_atomic"), &saved.body["risk_score"]), ("1500", &0.into()));
    assert_eq!(house.get(&ann, path).await.body, saved.body);
    assert_eq!(house.get(&ann, "/v1/users/me").await.column("profiles", "id"), [saved.text("id")]);
    let wrong = put(&json!({ "name": "", "gateway_url": "http://weather.example.com" })).await;
    assert_eq!((wrong.status, wrong.pointers()), (400, vec!["/name", "/gateway_url"]));
    let program = house.program(&ann, &["read", "write"]).await;
    assert_eq!(house.get(&program, path).await.status, 200);
    let refused = program.knock(house.client.put(path).body_json(&body)).await;
    assert_eq!((refused.status, refused.problem()), (403, "forbidden"), "it says where money goes");
    assert_eq!(house.get(&ann, "/v1/users/me/profiles/buyer").await.status, 404);
    house.close().await;
}

//! The keys that others check our tokens by.

use std::time::Duration;

use domain::Caller;
use domain::accounts::Role;

use crate::house::{Answer, House};

#[tokio::test]
async fn the_keys_are_public_and_nothing_else_is() {
    let house = House::open().await;
    let published = Answer::of(house.client.get("/.well-known/jwks.json").send().await).await;
    assert_eq!((published.status, published.header("cache-control")), (200, "public, max-age=300"));
    let keys = published.body["keys"].as_array().unwrap();
    let members: Vec<_> = keys.iter().map(|key| key.as_object().unwrap().keys().cloned().collect::<Vec<_>>()).collect();
    assert_eq!(members, [["alg", "crv", "kid", "kty", "use", "x"]], "no `d`");
    let token = house.app.tokens.issue(&Caller::new(uuid::Uuid::from_u128(7).into(), Role::Operator), Duration::from_mins(15)).unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    assert_eq!(header.kid.as_deref(), keys[0]["kid"].as_str(), "tokens name it");
    house.close().await;
}

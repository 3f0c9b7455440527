//! What agents and vendors say about themselves.

use domain::Fault as _;
use domain::entities::Amount;
use domain::profiles::{Draft, Kind, ProfileError};
use testkit::{TestWallet, World};

crate::on_every_engine!(a_user_has_one_profile_of_each_sort, a_profile_that_cannot_be_names_everything_that_is_wrong);

fn draft(name: &str) -> Draft {
    let none = None;
    Draft {
        name: name.into(),
        description: none.clone(),
        service_type: none.clone(),
        gateway_url: none,
        withdrawal_address: None,
        base_price_atomic: Amount::ZERO,
    }
}

async fn a_user_has_one_profile_of_each_sort(world: World) {
    let (ann, ben) = (world.operator().await, world.operator().await);
    let profiles = world.domain.profiles();
    assert!(matches!(profiles.get(&ann, Kind::Agent).await, Err(ProfileError::Missing { .. })));
    let first = profiles.save(&ann, Kind::Agent, draft("Scout")).await.unwrap();
    let address = TestWallet::new(1).address();
    let again = profiles.save(&ann, Kind::Agent, Draft { withdrawal_address: Some(address), ..draft("Scout II") }).await.unwrap();
    assert_eq!((again.id, again.name.as_str(), again.withdrawal_address), (first.id, "Scout II", Some(address)), "replaced, not doubled");
    profiles.save(&ann, Kind::Vendor, Draft { service_type: Some("weather".into()), ..draft("Ann's weather") }).await.unwrap();
    let own = profiles.own(&ann).await.unwrap();
    assert_eq!(own.iter().map(|profile| profile.kind).collect::<Vec<_>>(), [Kind::Agent, Kind::Vendor]);
    assert!(profiles.own(&ben).await.unwrap().is_empty());
    world.finish().await;
}

async fn a_profile_that_cannot_be_names_everything_that_is_wrong(world: World) {
    let ann = world.operator().await;
    let wrong = Draft {
        description: Some("d".repeat(2_001)),
        service_type: Some(String::new()),
        gateway_url: Some("http://example.com".into()),
        ..draft(" Scout")
    };
    let refused = world.domain.profiles().save(&ann, Kind::Vendor, wrong).await.unwrap_err();
    let pointers: Vec<_> = refused.fields().iter().map(|field| field.pointer.as_str()).collect();
    assert_eq!(pointers, ["/name", "/description", "/service_type", "/gateway_url"]);
    let no_agents = Draft { service_type: Some("weather".into()), ..draft("Scout") };
    assert_eq!(world.domain.profiles().save(&ann, Kind::Agent, no_agents).await.unwrap_err().fields().len(), 1);
    world.finish().await;
}

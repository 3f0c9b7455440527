//! Who hears of payments.

use domain::events::sequence;
use domain::payments::LimitsDraft;
use serde_json::{Value, json};
use testkit::{World, atomic};

crate::on_every_engine!(
    both_sides_are_told_and_the_ticker_without_names,
    however_many_groups_wait_they_are_told_together,
    an_owner_is_told_once_when_a_balance_runs_low,
    a_vendor_is_told_over_a_webhook,
);

async fn on_topic(world: &World, topic: &str) -> Vec<Value> {
    use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
    let rows = domain::entities::event::Entity::find().filter(domain::entities::event::Column::Topic.eq(topic));
    let rows = rows.order_by_asc(domain::entities::event::Column::Seq).all(world.database.db.connection()).await.unwrap();
    rows.into_iter().map(|row| json!({ "event": row.event, "seq": row.seq, "data": row.data })).collect()
}

async fn both_sides_are_told_and_the_ticker_without_names(world: World) {
    let (payer, vendor) = (world.payer(100).await, world.vendor().await);
    for amount in [7, 8] {
        world.domain.payments().pay(&payer.caller, world.payment(&vendor, amount), None).await.unwrap();
    }
    while sequence(&world.domain, 100).await.unwrap() > 0 {}
    for (user, event, state) in [(payer.caller.user_id, "paymentSent", "sent"), (vendor.caller.user_id, "paymentReceived", "received")] {
        let told = on_topic(&world, &format!("user:{user}")).await;
        assert_eq!(told.iter().map(|event| event["seq"].as_i64()).collect::<Vec<_>>(), [Some(1), Some(2)]);
        assert_eq!((told[0]["event"].as_str(), told[0]["data"]["state"].as_str()), (Some(event), Some(state)));
        assert_eq!((told[0]["data"]["amount"].as_str(), told[0]["data"]["to"].as_str()), (Some("7"), Some(&*vendor.profile.to_string())));
    }
    let shown = on_topic(&world, "ticker").await;
    let mint = world.house_mint().to_string();
    assert_eq!(shown[1]["data"], json!({ "amount": "8", "mint": mint }), "nobody is named");
    assert!(on_topic(&world, "payments").await.is_empty());
    assert_eq!(sequence(&world.domain, 100).await.unwrap(), 0);
    world.finish().await;
}

async fn however_many_groups_wait_they_are_told_together(world: World) {
    let (payer, vendor) = (world.payer(100).await, world.vendor().await);
    for _ in 0..20 {
        world.domain.payments().pay(&payer.caller, world.payment(&vendor, 1), None).await.unwrap();
    }
    assert_eq!(sequence(&world.domain, 100).await.unwrap(), 60);
    assert_eq!(on_topic(&world, "ticker").await.len(), 20);
    world.finish().await;
}

async fn an_owner_is_told_once_when_a_balance_runs_low(world: World) {
    let (payer, vendor) = (world.payer(100).await, world.vendor().await);
    let payments = world.domain.payments();
    payments.set_limits(&payer.caller, LimitsDraft { low_balance: Some(atomic(50)), ..LimitsDraft::default() }).await.unwrap();
    for amount in [40, 20, 20] {
        payments.pay(&payer.caller, world.payment(&vendor, amount), None).await.unwrap();
    }
    let told = on_topic(&world, &format!("user:{}", payer.caller.user_id)).await;
    let alerts: Vec<_> = told.iter().filter(|event| event["event"] == "balanceAlert").collect();
    assert_eq!(alerts.len(), 1);
    assert_eq!((alerts[0]["data"]["state"].as_str(), alerts[0]["data"]["available"].as_str()), (Some("low"), Some("40")));
    world.finish().await;
}

async fn a_vendor_is_told_over_a_webhook(world: World) {
    let (payer, vendor) = (world.payer(100).await, world.vendor().await);
    world.webhook(&vendor.caller, "https://hooks.example/earned", &["payment.received"]).await;
    world.webhook(&payer.caller, "https://hooks.example/low", &["balance.low"]).await;
    world.domain.payments().pay(&payer.caller, world.payment(&vendor, 7), None).await.unwrap();
    while sequence(&world.domain, 100).await.unwrap() > 0 {}
    assert_eq!(world.database.count("SELECT count(*) FROM webhook_deliveries WHERE event = 'payment.received'").await, 1);
    assert_eq!(world.database.count("SELECT count(*) FROM webhook_deliveries").await, 1);
    world.run_jobs().await;
    world.finish().await;
}

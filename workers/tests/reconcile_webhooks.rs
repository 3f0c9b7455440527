//! `reconcile_webhooks`: deliveries end with their jobs, although nobody looks at them.

use domain::paging::PageRequest;
use domain::webhooks::{DeliveryFilter, DeliveryState};
use jobs::NewJob;
use jobs::kinds::ReconcileWebhooks;
use testkit::World;

async fn reconcile(world: &World) {
    world.enqueue(NewJob::of(&ReconcileWebhooks {}).unwrap()).await;
    world.run_jobs().await;
}

#[tokio::test]
async fn deliveries_end_with_their_jobs_and_twice_is_once() {
    let world = World::new().await;
    let ann = world.operator().await;
    let id = world.webhook(&ann, "https://hooks.example/", &["*"]).await.webhook.id;
    let webhooks = world.domain.webhooks();
    webhooks.test(&ann, id, None).await.unwrap();
    world.database.execute("UPDATE jobs SET state = 'quarantined', finished_at = 1").await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        reconcile(&world).await;
        let page = webhooks.deliveries(&ann, id, &DeliveryFilter::default(), &PageRequest::default()).await.unwrap();
        seen.push(page.items[0].row.clone());
    }
    assert_eq!(seen[0].state, DeliveryState::Failed);
    assert_eq!(seen[0], seen[1]);
    assert!(world.http.taken().is_empty());
    world.finish().await;
}

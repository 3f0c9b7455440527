//! Secrets are files, or come over the network: whoever reads one keeps nobody waiting for the database meanwhile.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::api_keys::{Holder, NewApiKey, Scope};
use domain::entities::EmailAddress;
use domain::ports::secrets::{Secret, Secrets, SecretsError};
use domain::webhooks::Opened;
use domain::{Domain, Fault as _, Ports};
use jobs::Pool;
use jobs::kinds::DeliverWebhook;
use platform::{Db, Engine};
use sea_orm::{ConnectionTrait as _, DatabaseBackend, Statement};
use testkit::{FakeSecrets, World};

use crate::webhooks::{URL, draft};

crate::on_every_engine!(no_secret_is_read_while_the_database_is_held, no_secret_of_a_webhook_is_read_while_the_database_is_held,);

/// Hands a secret out as soon as nobody holds the database: never to one who does.
struct WhileNobodyHolds(Db);

impl WhileNobodyHolds {
    /// On SQLite there is one turn to write. PostgreSQL lists who has a transaction open and does something else.
    async fn turn(&self) {
        match self.0.engine() {
            Engine::Sqlite => drop(self.0.write().await.unwrap()),
            Engine::Postgres => while holders(&self.0).await > 0 {},
        }
    }
}

async fn holders(db: &Db) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    let row = db.query_one_raw(Statement::from_string(DatabaseBackend::Postgres, sql)).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

#[async_trait]
impl Secrets for WhileNobodyHolds {
    async fn secret(&self, name: &str) -> Result<Secret, SecretsError> {
        let turn = tokio::time::timeout(Duration::from_secs(5), self.turn()).await;
        let reason = "it was asked for inside of a transaction".to_owned();
        turn.map_err(|_| SecretsError::Unavailable { name: name.to_owned(), reason })?;
        FakeSecrets.secret(name).await
    }
}

/// Another process of the installation: it has read no secret yet.
fn another(world: &World) -> Domain {
    let secrets: Arc<dyn Secrets> = Arc::new(WhileNobodyHolds(world.database.db.clone()));
    world.domain_with(Ports { secrets: Some(secrets), ..world.domain.ports().clone() })
}

async fn no_secret_is_read_while_the_database_is_held(world: World) {
    let caller = world.operator().await;
    let to: EmailAddress = "ann@mail.example".parse().unwrap();
    another(&world).sign_ins().send_code(&to).await.unwrap();
    assert_eq!(another(&world).sign_ins().by_code(&to, "wrong!").await.unwrap_err().code(), "invalid-code");
    assert_eq!(another(&world).sign_ins().add_email(&caller, &to, "wrong!", None).await.unwrap_err().code(), "invalid-code");
    let new = NewApiKey { name: "n".into(), holder: Holder::User, scopes: [Scope::Read].into_iter().collect(), expires_at: None };
    let made = another(&world).api_keys().create(&caller, new, None).await.unwrap().into_inner();
    another(&world).api_keys().rotate(&caller, made.key.id, Duration::ZERO, None).await.unwrap();
    world.run_jobs().await;
    world.finish().await;
}

async fn no_secret_of_a_webhook_is_read_while_the_database_is_held(world: World) {
    let caller = world.operator().await;
    let made = another(&world).webhooks().create(&caller, draft(URL, &["*"]), None).await.unwrap().into_inner();
    let id = made.webhook.id;
    another(&world).webhooks().rotate_secret(&caller, id, None, None).await.unwrap();
    another(&world).webhooks().test(&caller, id, None).await.unwrap();
    let sender = another(&world);
    let sent = world.one_job_of(Pool::Notify, async |delivery| {
        let job: DeliverWebhook = serde_json::from_value(delivery.payload.clone()).unwrap();
        let opened = sender.webhooks().open(job.delivery_id, &delivery.run).await.unwrap();
        assert!(matches!(opened, Opened::Send(_)), "{opened:?}");
        world.handle(delivery).await
    });
    sent.await;
    assert_eq!(world.http.taken().len(), 1);
    world.finish().await;
}

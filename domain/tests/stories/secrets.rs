//! Secrets are files, or come over the network: whoever reads one keeps nobody waiting for the database meanwhile.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::api_keys::{Holder, NewApiKey, Scope};
use domain::entities::EmailAddress;
use domain::ports::secrets::{Secret, Secrets, SecretsError};
use domain::{Fault as _, Ports};
use platform::Db;
use testkit::{FakeSecrets, World};

/// Hands a secret out as soon as somebody else can write: never to one who holds the writer's turn.
struct AfterAWrite(Db);

#[async_trait]
impl Secrets for AfterAWrite {
    async fn secret(&self, name: &str) -> Result<Secret, SecretsError> {
        let turn = tokio::time::timeout(Duration::from_secs(5), self.0.write()).await;
        let reason = "it was asked for inside of a transaction that writes".to_owned();
        drop(turn.map_err(|_| SecretsError::Unavailable { name: name.to_owned(), reason })?);
        FakeSecrets.secret(name).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_read_while_the_database_is_held() {
    let world = World::new().await;
    let caller = world.operator().await;
    let secrets: Arc<dyn Secrets> = Arc::new(AfterAWrite(world.database.db.clone()));
    let domain = world.domain_with(Ports { secrets: Some(secrets), ..world.domain.ports().clone() });
    let to: EmailAddress = "ann@mail.example".parse().unwrap();
    domain.sign_ins().send_code(&to).await.unwrap();
    assert_eq!(domain.sign_ins().by_code(&to, "wrong!").await.unwrap_err().code(), "invalid-code");
    assert_eq!(domain.sign_ins().add_email(&caller, &to, "wrong!", None).await.unwrap_err().code(), "invalid-code");
    let new = NewApiKey { name: "n".into(), holder: Holder::User, scopes: [Scope::Read].into_iter().collect(), expires_at: None };
    let made = domain.api_keys().create(&caller, new, None).await.unwrap().into_inner();
    let another = world.domain_with(domain.ports().clone());
    another.api_keys().rotate(&caller, made.key.id, Duration::ZERO, None).await.unwrap();
    world.run_jobs().await;
    world.finish().await;
}

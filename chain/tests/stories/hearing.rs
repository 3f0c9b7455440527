//! Subscriptions: a hint that comes soon, and an error when the line is gone.

use std::sync::Arc;

use domain::ports::chain::{ChainError, Treasury as _};
use testkit::until;
use tokio::sync::Notify;

use crate::stage::Stage;

#[tokio::test]
async fn what_arrives_is_heard_of_until_the_line_is_gone() {
    let stage = Stage::new().await;
    let heard = Arc::new(Notify::new());
    let ear = testkit::spawn({
        let (url, custody, heard) = (stage.ws_url.clone(), stage.custody(), Arc::clone(&heard));
        async move { chain::listen(&url, &[custody], &heard).await }
    });
    let mut notice = Box::pin(heard.notified());
    until("it is heard", async || {
        // Whatever came before the node had the subscription, it says nothing of.
        stage.give(stage.treasury.address(), 1).await;
        notice.as_mut().enable()
    })
    .await;
    drop(stage);
    let error = ear.await.expect("it does not panic").expect_err("nobody is there any more");
    assert!(matches!(error, ChainError::Unavailable { .. }), "{error}");
}

#[tokio::test]
async fn a_url_with_a_key_is_in_no_error() {
    let url = "ws://127.0.0.1:9/?api-key=0123456789abcdef-secret";
    let error = chain::listen(url, &[crate::stage::person(1)], &Notify::new()).await.expect_err("nobody is there");
    let said = format!("{error} {error:?}");
    assert!(!said.contains("secret") && !said.contains("127.0.0.1"), "{said}");
}

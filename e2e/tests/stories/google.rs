//! Signing in with Google, which here is a provider of our own with real keys.

use e2e::{Client, Installation, Process, python};
use serde_json::{Value, json};

/// The provider, and where it is.
fn settings(issuer: &str) -> [(&str, &str); 5] {
    [
        ("PORT", "0"),
        ("GOOGLE_CLIENT_ID", "tallyman"),
        ("TALLYMAN_SIGN_IN_GOOGLE_ISSUER", issuer),
        ("TALLYMAN_OUTBOUND_ALLOW_NETS", "127.0.0.1"),
        ("TALLYMAN_OUTBOUND_ALLOW_HTTP", "true"),
    ]
}

async fn provider(installation: &Installation) -> (Process, String) {
    let mut provider = Process::start("issuer", python("issuer.py"), installation.folder().join("issuer.log"));
    let line = provider.says("listening on port").await;
    let port = line.rsplit(' ').next().expect("it says which").to_owned();
    (provider, format!("http://127.0.0.1:{port}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn google_signs_people_in_with_keys_of_both_kinds_and_over_an_outage() {
    let installation = Installation::embedded();
    let (mut google, issuer) = provider(&installation).await;
    let mut api = installation.start_with(&["api"], &settings(&issuer));
    let base = api.ready().await;
    let (api_client, google_client) = (Client::new(&base, ""), Client::new(&issuer, ""));
    let token = async |query: &str| google_client.get(&format!("/token?{query}")).await.expect(200)["id_token"].clone();
    let sign_in = async |token: &Value| api_client.post("/v1/auth/login/google", &json!({ "id_token": token })).await;

    let by_rsa = token("key=rsa&sub=1001&email=ann@gmail.com").await;
    let session = sign_in(&by_rsa).await.expect(200);
    assert_eq!((&session["user"]["role"], &session["user"]["email"]), (&json!("operator"), &json!("ann@gmail.com")));
    let by_ec = sign_in(&token("key=ec&sub=1001&email=ann@gmail.com").await).await.expect(200);
    assert_eq!(by_ec["user"]["id"], session["user"]["id"]);
    assert_eq!(sign_in(&by_rsa).await.problem(), (401, "invalid-id-token"), "once");
    assert_eq!(sign_in(&token("key=new&sub=1001").await).await.problem(), (401, "invalid-id-token"), "a key that is not published");
    assert_eq!(sign_in(&token("key=ec&sub=1001&aud=somebody").await).await.problem(), (401, "invalid-id-token"));
    let with_nonce = token("key=ec&sub=1001&nonce=n-1").await;
    let nonce = api_client.post("/v1/auth/login/google", &json!({ "id_token": with_nonce, "nonce": "n-1" })).await;
    assert_eq!(nonce.status, 200);

    let last = token("key=rsa&sub=1002").await;
    google.kill();
    assert_eq!(sign_in(&last).await.status, 200, "its keys are known");

    let mut late = installation.start_with(&["api"], &settings(&issuer));
    let late_client = Client::new(&late.ready().await, "");
    let refused = late_client.post("/v1/auth/login/google", &json!({ "id_token": with_nonce })).await;
    assert_eq!(refused.problem(), (503, "identity-provider-unavailable"), "whoever does not know its keys cannot tell");
    assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0));
    assert!(!(api.said() + &late.said()).contains(last.as_str().expect("a token")));
    assert_eq!((api.terminate().await, late.terminate().await), (0, 0));
}

//! Webhooks as a stranger's receiver meets them, written with the public library of Standard Webhooks.

use std::time::Duration;

use e2e::{Client, Installation, Process, python, until};
use serde_json::{Value, json};

/// The tries of one delivery are at least so far apart, and the schedule begins with this.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// `webhook_receiver.py`, and how to tell it things.
struct Receiver {
    base: String,
    client: Client,
    _process: Process,
}

impl Receiver {
    async fn start(installation: &Installation) -> Self {
        let mut process = Process::start("receiver", python("webhook_receiver.py"), installation.folder().join("receiver.log"));
        let line = process.says("listening on ").await;
        let base = format!("http://127.0.0.1:{}", line.trim_start_matches("listening on "));
        Self { client: Client::new(&base, ""), base, _process: process }
    }

    async fn tell(&self, what: &str, value: Value) {
        assert_eq!(self.client.post(what, &value).await.status, 204);
    }

    async fn seen(&self) -> Vec<Value> {
        self.client.get("/seen").await.expect(200).as_array().expect("it is a list").clone()
    }

    async fn until_seen(&self, requests: usize) -> Vec<Value> {
        until(&format!("{requests} requests arrive"), async || self.seen().await.len() >= requests).await;
        self.seen().await
    }
}

fn open_to_this_machine(installation: Installation) -> Installation {
    installation.set("WEBHOOK_ALLOW_NETS", "127.0.0.1").set("WEBHOOK_ALLOW_HTTP", "true")
}

async fn worker(installation: &Installation) -> Process {
    worker_with(installation, &[]).await
}

async fn worker_with(installation: &Installation, settings: &[(&str, &str)]) -> Process {
    let mut worker = installation.start_with(&["worker", "--pools", "notify,upkeep"], settings);
    worker.says("working for notify, upkeep").await;
    worker
}

/// A webhook for what happens to agents; answers its path and its secret.
async fn webhook(client: &Client, url: &str) -> (String, String) {
    let made = client.post("/v1/webhooks", &json!({ "url": url, "events": ["agent.*"] })).await.expect(201);
    let text = |field: &str| made[field].as_str().expect("it is a text").to_owned();
    (format!("/v1/webhooks/{}", text("id")), text("secret"))
}

/// Something that webhooks tell of: an agent that is archived.
async fn archive_an_agent(client: &Client) {
    let agent = json!({
        "name": "Counter", "description": "Counts the words of a text.", "category": "utility", "price_atomic": "0", "price_mint": testkit::MINT,
        "image": "tallyman/none:dev", "input_schema": { "type": "object" }, "output_schema": { "type": "object" },
    });
    let saved = client.post("/v1/agents", &agent).await.expect(201);
    let path = format!("/v1/agents/{}/events", saved["id"].as_str().expect("an agent has an id"));
    assert_eq!(client.post(&path, &json!({ "event": "archive" })).await.status, 200);
}

async fn delivery(client: &Client, webhook: &str) -> Value {
    let page = client.get(&format!("{webhook}/deliveries?event=agent.archived")).await.expect(200);
    page["deliveries"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_library_takes_what_we_sign_and_refuses_what_was_changed() {
    let installation = open_to_this_machine(Installation::on_postgres().await);
    let receiver = Receiver::start(&installation).await;
    let ((_api, client), _worker) = (installation.api().await, worker(&installation).await);
    let (path, secret) = webhook(&client, &format!("{}/hook", receiver.base)).await;
    let test = async || client.post_with(&format!("{path}/test"), &[("Prefer", "wait=20")], &json!({})).await.expect(200);

    receiver.tell("/secrets", json!([secret])).await;
    assert_eq!(test().await["state"], "succeeded");
    let first = receiver.until_seen(1).await.remove(0);
    assert_eq!(
        (&first["verified"], &first["changed_refused"], &first["body"]["type"]),
        (&json!([true]), &json!(true), &json!("webhook.test"))
    );

    let rotated = client.post(&format!("{path}/rotate-secret"), &json!({})).await.expect(200);
    let stranger = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    receiver.tell("/secrets", json!([secret, rotated["secret"], stranger])).await;
    test().await;
    assert_eq!(receiver.until_seen(2).await[1]["verified"], json!([true, true, false]), "both secrets sign for a day");

    assert_eq!(client.post(&format!("{path}/rotate-secret?overlap_seconds=0"), &json!({})).await.status, 200);
    test().await;
    assert_eq!(receiver.until_seen(3).await[2]["verified"], json!([false, false, false]), "neither does any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_between_sending_and_writing_sends_again_under_the_same_id() {
    let installation = open_to_this_machine(Installation::on_postgres().await);
    let receiver = Receiver::start(&installation).await;
    let ((_api, client), mut first) = (installation.api().await, worker(&installation).await);
    let (path, secret) = webhook(&client, &format!("{}/hook", receiver.base)).await;
    receiver.tell("/secrets", json!([secret])).await;
    receiver.tell("/answers", json!([0])).await;
    archive_an_agent(&client).await;

    receiver.until_seen(1).await;
    first.kill();
    let _second = worker(&installation).await;
    let seen = receiver.until_seen(2).await;
    assert_eq!((&seen[0]["id"], &seen[0]["body"]), (&seen[1]["id"], &seen[1]["body"]));
    assert_eq!(seen[1]["verified"], json!([true]));
    until("it is delivered", async || delivery(&client, &path).await["state"] == "delivered").await;
    assert_eq!(delivery(&client, &path).await["attempts"].as_array().map(Vec::len), Some(1), "nobody lived to write down the first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_fails_is_asked_again_and_one_that_is_silent_holds_up_nobody() {
    let installation = open_to_this_machine(Installation::on_postgres().await);
    let receiver = Receiver::start(&installation).await;
    let ((_api, client), _worker) = (installation.api().await, worker(&installation).await);
    webhook(&client, &format!("{}/silent", receiver.base)).await;
    let (path, _) = webhook(&client, &format!("{}/hook", receiver.base)).await;
    for _ in 0..6 {
        archive_an_agent(&client).await;
    }
    until("the other one gets all of them", async || {
        let seen = receiver.seen().await;
        seen.iter().filter(|request| request["path"] == "/hook").count() == 6
    })
    .await;
    let silent = receiver.seen().await.iter().filter(|request| request["path"] == "/silent").count();
    assert!(silent <= 2, "two requests to one endpoint at a time, not {silent}");

    receiver.tell("/answers", json!([500, 500, 500, 500])).await;
    archive_an_agent(&client).await;
    let failed = async || {
        let page = client.get(&format!("{path}/deliveries")).await.expect(200);
        let deliveries = page["deliveries"].as_array().cloned().unwrap_or_default();
        deliveries.into_iter().find(|delivery| delivery["attempts"][0]["status"] == 500)
    };
    until("it has failed once", async || failed().await.is_some()).await;
    receiver.tell("/answers", json!([])).await;
    until("it is delivered", async || failed().await.is_some_and(|delivery| delivery["state"] == "delivered")).await;
    let ended = failed().await.expect("it is there");
    assert_eq!((&ended["attempts"][0]["status"], &ended["attempts"][1]["status"]), (&json!(500), &json!(204)), "{ended:#}");
    let at =
        |attempt: usize| ended["attempts"][attempt]["at"].as_str().and_then(|at| at.parse::<entities::Timestamp>().ok()).expect("a time");
    assert!(at(1).since(at(0)) >= FIRST_PAUSE);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leads_into_the_house_is_refused_when_it_is_saved_and_when_it_is_sent() {
    let installation = Installation::on_postgres().await;
    let receiver = Receiver::start(&installation).await;
    let open = [("WEBHOOK_ALLOW_NETS", "127.0.0.1"), ("WEBHOOK_ALLOW_HTTP", "true")];
    let (_closed, careful) = installation.api().await;
    let (_open, careless) = installation.api_with(&open).await;
    for url in [&format!("{}/hook", receiver.base), "https://127.0.0.1/", "https://[::1]/", "https://0x7f.1/", "https://localhost/"] {
        let refused = careful.post("/v1/webhooks", &json!({ "url": url, "events": ["*"] })).await;
        assert_eq!(refused.problem(), (400, "validation-failed"), "{url}");
        assert_eq!(refused.body["errors"][0]["pointer"], "/url");
    }
    let (path, _) = webhook(&careless, &format!("{}/hook", receiver.base)).await;
    let _worker = worker_with(&installation, &[("WEBHOOK_ALLOW_HTTP", "true")]).await;
    let test = careless.post_with(&format!("{path}/test"), &[("Prefer", "wait=20")], &json!({})).await.expect(200);
    assert_eq!((&test["state"], &test["error"]["code"]), (&json!("failed"), &json!("webhook-undelivered")), "{test:#}");
    assert!(test["error"]["message"].as_str().is_some_and(|message| message.contains("not public")), "{test:#}");
    assert!(receiver.seen().await.is_empty());
}

//! `tallyman agent` and `tallyman gateway`: a device finds its key, shows a code, and is linked.

use std::os::unix::fs::PermissionsExt as _;

use e2e::Installation;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_and_a_gateway_are_linked_from_the_shell() {
    let installation = Installation::embedded();
    let (api, architect) = installation.api().await;
    let url = architect.base().to_owned();
    for (kind, title, key) in [("agent", "Agent", "secret_key.json"), ("gateway", "Gateway", "gateway_key.json")] {
        let init = || installation.run(&[kind, "init", "--url", &url]);
        let first = init();
        assert!(first.code == Some(0) && first.stdout.contains(&format!("Not linked: run `tallyman {kind} link`")), "{first:?}");
        let file = installation.folder().join(key);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(first.stdout.lines().next(), init().stdout.lines().next(), "the key is found again");
        let place = std::fs::canonicalize(&file).unwrap().display().to_string();
        assert!(first.stdout.contains(&place), "it says where the key lies: {first:?}");

        let mut link = installation.start(&[kind, "link", "--key", key, "--url", &url, "--name", "Scout"]);
        let code = link.says("Code: ").await.trim_start_matches("Code: ").to_owned();
        let waiting = architect.get(&format!("/v1/link/{code}")).await.expect(200);
        assert_eq!((waiting["name"].as_str(), waiting["type"].as_str()), (Some("Scout"), Some(kind)));
        assert_eq!(architect.post(&format!("/v1/link/{code}/approve"), &json!({})).await.status, 200);
        link.says(&format!("Linked to {title}: Scout")).await;
        assert_eq!(link.ends().await, 0);
        assert!(init().stdout.contains(&format!("Linked to {title}: Scout")));
        let other = if kind == "agent" { "gateway" } else { "agent" };
        for words in [&[other, "init"][..], &[other, "link", "--name", "Scout"]] {
            let mistaken = installation.run(&[words, &["--key", key, "--url", &url]].concat());
            assert!(mistaken.code == Some(1) && mistaken.stderr.contains(&format!("linked as {kind}, not as {other}")), "{mistaken:?}");
        }

        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let open = init();
        assert!(open.code == Some(1) && open.stderr.contains("chmod 600"), "{open:?}");
    }
    drop(api);
}

/// A server that stumbles before it says yes.
#[tokio::test(flavor = "multi_thread")]
async fn a_pairing_outlives_what_happens_to_its_server() {
    let installation = Installation::embedded();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let of_problem = "content-type: application/problem+json\r\nretry-after: 1";
    let script = [
        (
            "200 OK",
            "content-type: application/json",
            r#"{"device_code":"0123456789abcdef","user_code":"WDJB-MJHT","expires_in":60,"interval":1}"#,
        ),
        ("503 Service Unavailable", of_problem, "{}"),
        ("", "", ""),
        ("429 Too Many Requests", of_problem, r#"{"error":"Too many requests, please try again later"}"#),
        ("400 Bad Request", "content-type: application/problem+json", r#"{"error":"authorization_pending"}"#),
        ("200 OK", "content-type: application/json", r#"{"id":"lnk_01980000000070008000000000000001","name":"Scout"}"#),
    ];
    let mut link = installation.start(&["agent", "link", "--key", "secret_key.json", "--url", &url, "--name", "Scout"]);
    for (status, headers, body) in script {
        let (mut guest, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        // Bodies are JSON objects.
        while !request.ends_with(b"}") {
            assert_ne!(guest.read_buf(&mut request).await.unwrap(), 0);
        }
        if !status.is_empty() {
            let answer = format!("HTTP/1.1 {status}\r\n{headers}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            guest.write_all(answer.as_bytes()).await.unwrap();
        }
    }
    link.says("Linked to Agent: Scout").await;
    assert_eq!(link.ends().await, 0);
}

//! Signing in with a code: asked for over HTTP, read in a mailbox.

use std::path::Path;

use e2e::{Client, Installation, Process, python, until};
use serde_json::json;

const ANN: &str = "ann@mail.example";

/// The code in the only mail of a folder.
async fn code_in(folder: &Path) -> String {
    let mut mails = Vec::new();
    until("a mail is there", async || {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        mails = entries.filter(|path| path.extension().is_some_and(|end| end == "eml")).collect();
        !mails.is_empty()
    })
    .await;
    let text = std::fs::read_to_string(&mails[0]).expect("a mail is text").replace("\r\n", "\n");
    assert!(text.lines().any(|line| line == format!("To: {ANN}")), "{text}");
    let (_, body) = text.split_once("\n\n").expect("a mail has a body");
    let code = body.split_whitespace().find(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()));
    code.expect("there is a code in it").to_owned()
}

/// Ask, read, sign in; and nobody else learns the code.
async fn ann_signs_in(installation: &Installation, up: &Process, base: &str, folder: &Path) {
    let client = Client::new(base, "");
    let asked = client.post("/v1/auth/email/send-otp", &json!({ "email": "Ann@Mail.Example" })).await.expect(202);
    assert_eq!(asked, json!({ "expires_in": 600 }));
    let code = code_in(folder).await;
    let answer = json!({ "email": ANN, "code": code });
    let session = client.post("/v1/auth/email/verify-otp", &answer).await.expect(200);
    assert_eq!(
        (&session["user"]["role"], &session["user"]["email"], &session["token"]),
        (&json!("operator"), &json!(ANN), &session["access_token"])
    );
    let me = Client::new(base, session["access_token"].as_str().expect("a token")).get("/v1/users/me").await.expect(200);
    assert_eq!(me["id"], session["user"]["id"]);
    assert_eq!(client.post("/v1/auth/email/verify-otp", &answer).await.problem(), (401, "invalid-code"));

    let jobs = installation.architect(base).get("/v1/ops/jobs?kind=send_mail").await.expect(200);
    let id = jobs["jobs"][0]["id"].as_str().expect("the mail has a job");
    let job = installation.architect(base).get(&format!("/v1/ops/jobs/{id}")).await.expect(200);
    assert!(job["state"] == "succeeded" && !job.to_string().contains(&format!("\"{code}\"")), "{job}");
    assert!(!up.said().contains(&format!(" {code}")) && !up.said().contains(&format!("\"{code}\"")), "{}", up.said());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_travels_over_a_real_mail_server_that_wants_tls_and_a_password() {
    let installation = Installation::embedded();
    let mailbox = installation.folder().join("mailbox");
    std::fs::create_dir(&mailbox).expect("it can be made");
    let mut command = python("mail_server.py");
    command.arg(&mailbox);
    let mut server = Process::start("mail server", command, installation.folder().join("mail-server.log"));
    let line = server.says("listening on port").await;
    let port = line.rsplit(' ').next().expect("it says which");

    let authority = mailbox.join("ca.pem").display().to_string();
    let settings = [
        ("PORT", "0"),
        ("TALLYMAN_MAIL_SMTP_HOST", "localhost"),
        ("TALLYMAN_MAIL_SMTP_PORT", port),
        ("TALLYMAN_MAIL_SMTP_USER", "tallyman"),
        ("TALLYMAN_MAIL_SMTP_PASSWORD", "correct horse"),
        ("TALLYMAN_MAIL_SMTP_CA_FILE", &authority),
        ("TALLYMAN_MAIL_FROM", "Tallyman <hello@mail.example>"),
    ];
    let mut up = installation.start_with(&["up"], &settings);
    let base = up.ready().await;
    ann_signs_in(&installation, &up, &base, &mailbox).await;
    assert!(!installation.folder().join("data/outbox").exists(), "the mail server has it");
    assert_eq!(up.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_codes_become_files_and_it_says_so() {
    let installation = Installation::embedded();
    let mut up = installation.start_with(&["up"], &[("PORT", "0")]);
    let base = up.ready().await;
    assert!(up.says("no mail server is configured").await.contains("data/outbox"));
    ann_signs_in(&installation, &up, &base, &installation.folder().join("data/outbox")).await;
    let third = Client::new(&base, "");
    for asked in 1..=5 {
        let answer = third.post("/v1/auth/email/send-otp", &json!({ "email": format!("ben{asked}@mail.example") })).await;
        if asked == 5 {
            assert_eq!(answer.problem(), (429, "limited"), "five an hour for one caller, Ann's among them");
        } else {
            assert_eq!(answer.status, 202);
        }
    }
    assert_eq!(up.terminate().await, 0);
}

//! Codes by mail, through the front door.

use domain::accounts::Role;
use domain::limits::{Per, Rate, Settings};
use serde_json::{Value, json};

use crate::house::{Answer, House};

async fn post(house: &House, path: &str, body: &Value) -> Answer {
    Answer::of(house.client.post(format!("/v1/auth/email/{path}")).body_json(body).send().await).await
}

/// Ask for a code, and read it.
async fn sent(house: &House, email: &str) -> String {
    assert_eq!(post(house, "send-otp", &json!({ "email": email })).await.status, 202);
    house.world.run_jobs().await;
    let mail = house.world.mailer.taken().pop().unwrap();
    mail.text.split_whitespace().find(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit())).unwrap().to_owned()
}

#[tokio::test]
async fn a_code_signs_in_adds_a_mailbox_and_tells_nobody_who_is_here() {
    let house = House::open().await;
    let code = sent(&house, "ann@mail.example").await;
    let session = post(&house, "verify-otp", &json!({ "email": "ANN@mail.example", "code": code })).await;
    assert_eq!((session.status, &session.body["user"]["role"]), (200, &"operator".into()));
    assert_eq!(session.body["user"]["email"], "ann@mail.example");
    let (known, unknown) = (json!({ "email": "ann@mail.example" }), json!({ "email": "ben@mail.example" }));
    let (here, nobody) = (post(&house, "send-otp", &known).await, post(&house, "send-otp", &unknown).await);
    assert_eq!((here.status, &here.body), (nobody.status, &nobody.body));
    house.world.run_jobs().await;
    let answer = |who: &Value| json!({ "email": who["email"], "code": "123456" });
    for who in [known, unknown, json!({ "email": "eve@mail.example" })] {
        let refused = post(&house, "verify-otp", &answer(&who)).await;
        assert_eq!((refused.status, refused.problem()), (401, "invalid-code"));
    }

    let guest = house.guest(Role::Operator).await;
    let proof = json!({ "email": "fay@mail.example", "code": sent(&house, "fay@mail.example").await });
    let added = house.post_as(&guest, "k", "/v1/users/me/identities/email", &proof).await;
    assert_eq!((added.status, added.text("kind"), added.text("subject")), (200, "email", "fay@mail.example"));
    assert_eq!(
        house.post_as(&guest, "k", "/v1/users/me/identities/email", &proof).await.text("id"),
        added.text("id"),
        "once under its key"
    );
    assert_eq!(house.get(&guest, "/v1/users/me").await.text("email"), "fay@mail.example");
    house.close().await;
}

#[tokio::test]
async fn what_is_no_address_or_no_code_is_named() {
    let house = House::open().await;
    for wrong in
        ["ann", "ann@localhost", "ann@mail.example, ben@mail.example", "ann@mail.example\r\nBcc: ben@mail.example", "ann@mail.example\0"]
    {
        let refused = post(&house, "send-otp", &json!({ "email": wrong })).await;
        assert_eq!((refused.status, refused.pointers()), (400, vec!["/email"]), "{wrong:?}");
    }
    for wrong in ["", "12345", "1234567", "12345a", "１２３４５６"] {
        let refused = post(&house, "verify-otp", &json!({ "email": "ann@mail.example", "code": wrong })).await;
        assert_eq!((refused.status, refused.pointers()), (400, vec!["/code"]), "{wrong:?}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_caller_asks_and_guesses_only_so_often() {
    let limits = Settings { otp_ip: Rate::of(2, 3_600, Per::Ip), login: Rate::of(3, 900, Per::Ip), ..Settings::default() };
    let house = House::limited(limits).await;
    for n in 1..=3 {
        let asked = post(&house, "send-otp", &json!({ "email": format!("ann{n}@mail.example") })).await;
        assert_eq!(asked.status, if n <= 2 { 202 } else { 429 });
    }
    for n in 1..=4 {
        let guessed = post(&house, "verify-otp", &json!({ "email": format!("ann{n}@mail.example"), "code": "123456" })).await;
        assert_eq!(guessed.problem(), if n <= 3 { "invalid-code" } else { "limited" });
    }
    house.world.run_jobs().await;
    assert_eq!(house.world.mailer.taken().len(), 2);
    house.close().await;
}

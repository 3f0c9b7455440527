//! What a mail server says no to, and servers that are none.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use adapters::mail::{Settings, Tls};
use domain::Ports;
use domain::entities::job;
use domain::mail::{self, Letter};
use domain::ports::mailer::{Mailer, MailerError};
use jobs::Outcome;
use jobs::kinds::{Job as _, SendMail};
use testkit::{World, spawn};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use workers::handlers::send_mail;

use crate::mail as written;
use crate::server::{Kind, Server};

fn mailer(settings: &Settings) -> Arc<dyn Mailer> {
    settings.mailer(Path::new("nowhere"), true).expect("the settings are good")
}

/// Says one thing and then nothing.
async fn listener(says: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let port = listener.local_addr().expect("it has one").port();
    spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(says.as_bytes()).await;
            let mut said = [0; 512];
            while stream.read(&mut said).await.is_ok_and(|read| read > 0) {}
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_travel_encrypted_and_signed_in_where_the_settings_say_so() {
    for (kind, hidden) in [(Kind::Clear, false), (Kind::Starttls, true), (Kind::Implicit, true)] {
        let server = Server::start(kind);
        mailer(&server.settings()).send(&written("ann@mail.example")).await.expect("it is taken");
        let taken = server.taken().remove(0);
        assert_eq!((taken.hidden, taken.signed_in), (hidden, hidden), "{kind:?}");
        assert_eq!((taken.to, taken.from.as_str()), (vec!["ann@mail.example".to_owned()], "hello@tallyman.example"));
    }
}

/// Takes a mail, and is silent when it is told goodbye.
async fn taciturn() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let port = listener.local_addr().expect("it has one").port();
    spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (reads, mut writes) = stream.into_split();
            let (mut lines, mut in_mail) = (BufReader::new(reads).lines(), false);
            let _ = writes.write_all(b"220 here\r\n").await;
            while let Ok(Some(line)) = lines.next_line().await {
                let answer = match line.as_str() {
                    "." => "250 taken\r\n",
                    _ if in_mail => continue,
                    "DATA" => "354 go on\r\n",
                    "QUIT" => continue,
                    _ => "250 fine\r\n",
                };
                in_mail = line == "DATA";
                let _ = writes.write_all(answer.as_bytes()).await;
            }
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_was_taken_is_sent_whatever_becomes_of_the_goodbye() {
    let settings = Settings {
        smtp_host: Some("127.0.0.1".into()),
        smtp_port: Some(taciturn().await),
        smtp_tls: Tls::None,
        from: Some("hello@tallyman.example".into()),
        send_seconds_max: 1,
        ..Settings::default()
    };
    mailer(&settings).send(&written("ann@mail.example")).await.expect("it is theirs");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_says_decides_whether_a_mail_comes_back() {
    let server = Server::start(Kind::Starttls);
    let mailer = mailer(&server.settings());
    let send = async |to: &str| mailer.send(&written(to)).await;
    for refused in ["nobody@mail.example", "spam@mail.example"] {
        let error = send(refused).await.expect_err("it is refused");
        assert!(matches!(&error, MailerError::Refused { reply } if !reply.contains("123456")), "{error}");
    }
    let put_off = send("grey@mail.example").await.expect_err("it is put off");
    assert!(matches!(&put_off, MailerError::Deferred { reply } if reply.contains("greylisted")), "{put_off}");
    assert!(
        matches!(send("cut@mail.example").await, Err(MailerError::Unavailable { .. })),
        "a connection that breaks says nothing of the mail"
    );
    send("grey@mail.example").await.expect("the second time it is taken");
    assert_eq!(server.taken().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_greylisted_mail_comes_back_and_is_sent_once() {
    let (world, server) = (World::new().await, Server::start(Kind::Starttls));
    let domain = world.domain_with(Ports { mailer: Some(mailer(&server.settings())), ..world.domain.ports().clone() });
    let txn = world.database.db.write().await.unwrap();
    let to = "grey@mail.example".parse().unwrap();
    let (_, wake) = mail::enqueue(&domain, &txn, &to, Letter::new("test", "Your code", "It is 123456."), None).await.unwrap();
    jobs::commit(txn, wake).await.unwrap();
    let attempt = async || {
        let handled = world.one_job_of(SendMail::POLICY.pool, async |delivery| {
            let job = serde_json::from_value(delivery.payload).unwrap();
            send_mail::handle(&domain, job, &delivery.run).await.unwrap_or_else(Outcome::from)
        });
        handled.await
    };
    assert!(matches!(attempt().await, Outcome::Errored(_)));
    let id = world.jobs_of(SendMail::KIND).await[0];
    assert_eq!(world.job(id).await.state, job::State::Retrying);
    world.skip_waits().await;
    assert_eq!(attempt().await, Outcome::Settled);
    assert_eq!((server.taken().len(), world.job(id).await.state), (1, job::State::Succeeded));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_a_certificate_that_nobody_vouches_for_are_about_us() {
    let server = Server::start(Kind::Starttls);
    let good = Settings { send_seconds_max: 3, ..server.settings() };
    let wrong = [
        Settings { smtp_password: Some("wrong".into()), ..good.clone() },
        Settings { smtp_user: None, smtp_password: None, ..good.clone() },
        Settings { smtp_ca_file: None, ..good.clone() },
        Settings { smtp_host: Some("127.0.0.1".into()), ..good.clone() },
    ];
    for settings in wrong {
        let error = mailer(&settings).send(&written("ann@mail.example")).await.expect_err("it is not sent");
        assert!(matches!(error, MailerError::Unavailable { .. }), "{settings:?}: {error}");
        assert!(!error.to_string().contains("wrong"), "{error}");
    }
    assert!(server.taken().is_empty());
    mailer(&good).send(&written("ann@mail.example")).await.expect("it is taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_in_the_clear_to_a_server_that_does_not_encrypt() {
    let server = Server::start(Kind::Clear);
    let settings = Settings { smtp_tls: Tls::Starttls, ..server.settings() };
    let error = mailer(&settings).send(&written("ann@mail.example")).await.expect_err("it is not sent");
    assert!(matches!(error, MailerError::Unavailable { .. }), "{error}");
    assert!(server.taken().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_none_is_not_waited_for_without_end() {
    let in_the_clear = Settings {
        smtp_host: Some("127.0.0.1".into()),
        smtp_tls: Tls::None,
        from: Some("hello@tallyman.example".into()),
        send_seconds_max: 1,
        ..Settings::default()
    };
    for says in ["", "HTTP/1.1 400 Bad Request\r\n\r\n", "421 4.3.2 shutting down\r\n", "220 mail.example\r\n"] {
        let settings = Settings { smtp_port: Some(listener(says).await), ..in_the_clear.clone() };
        let began = std::time::Instant::now();
        let error = mailer(&settings).send(&written("ann@mail.example")).await.expect_err("it is not sent");
        assert!(matches!(error, MailerError::Unavailable { .. }) && began.elapsed() < Duration::from_secs(10), "{says:?}: {error}");
        assert!(mailer(&settings).ping().await.is_err(), "{says:?}");
    }
}

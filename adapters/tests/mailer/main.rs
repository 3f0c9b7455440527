//! What every mailer promises, told once and held against each: SMTP in its three kinds, with a server that strangers wrote, the outbox, and the
//! fake of all other tests. And what only a mail server can do.

mod rig;
mod server;
mod troubles;

use domain::ports::mailer::Mail;
use futures::future::join_all;
use rig::Rig;
use testkit::until;
use uuid::Uuid;

macro_rules! on_every_mailer {
    ($($claim:ident),+ $(,)?) => {
        mod smtp_in_the_clear {
            $(#[tokio::test(flavor = "multi_thread")] async fn $claim() { super::$claim(super::Rig::smtp(super::server::Kind::Clear)).await; })+
        }
        mod smtp_with_starttls {
            $(#[tokio::test(flavor = "multi_thread")] async fn $claim() { super::$claim(super::Rig::smtp(super::server::Kind::Starttls)).await; })+
        }
        mod smtp_over_tls {
            $(#[tokio::test(flavor = "multi_thread")] async fn $claim() { super::$claim(super::Rig::smtp(super::server::Kind::Implicit)).await; })+
        }
        mod outbox {
            $(#[tokio::test(flavor = "multi_thread")] async fn $claim() { super::$claim(super::Rig::outbox()).await; })+
        }
        mod fake {
            $(#[tokio::test(flavor = "multi_thread")] async fn $claim() { super::$claim(super::Rig::fake()).await; })+
        }
    };
}

on_every_mailer! {
    a_mail_arrives_as_it_was_written,
    a_mail_that_is_sent_twice_can_be_told_apart_by_nobody,
    of_many_that_are_sent_together_each_arrives,
    it_says_where_mails_go,
}

/// A mail that is hard to write down.
fn mail(to: &str) -> Mail {
    Mail {
        id: Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001).into(),
        to: to.parse().expect("it is an address"),
        subject: "Grüße, and a subject that is so long that it does not fit into one line of a header: 123456".into(),
        text: format!("Ihr Code ist 123456 €.\n.\n.. two dots\nFrom here on:\n{}\n\n\tend", "a long line ".repeat(200)),
        created_at: domain::entities::Timestamp::from_micros(1_764_000_000_000_000),
    }
}

async fn a_mail_arrives_as_it_was_written(rig: Rig) {
    let mail = mail("ann@mail.example");
    rig.mailer.send(&mail).await.expect("it is taken");
    let arrived = rig.arrived().remove(0);
    assert_eq!((arrived.to.as_str(), arrived.subject.as_str()), ("ann@mail.example", mail.subject.as_str()));
    assert_eq!(arrived.text, mail.text);
    assert_eq!(arrived.message_id, format!("<{}@tallyman.example>", mail.id));
    assert_eq!(arrived.sent_at, 1_764_000_000);
    assert!(
        arrived.headers.iter().any(|name| name == "Auto-Submitted") && !arrived.headers.iter().any(|name| name == "Bcc"),
        "{arrived:?}"
    );
}

async fn a_mail_that_is_sent_twice_can_be_told_apart_by_nobody(rig: Rig) {
    for _ in 0..2 {
        rig.mailer.send(&mail("ann@mail.example")).await.expect("it is taken");
    }
    let arrived = rig.arrived();
    assert!(!arrived.is_empty() && arrived.iter().all(|mail| mail == &arrived[0]), "{arrived:?}");
}

async fn of_many_that_are_sent_together_each_arrives(rig: Rig) {
    let mails: Vec<_> =
        (0..20_u128).map(|number| Mail { id: Uuid::from_u128(number).into(), ..mail(&format!("ann{number}@mail.example")) }).collect();
    let sent = join_all(mails.iter().map(|mail| rig.mailer.send(mail))).await;
    assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    until("all of them arrive", async || rig.arrivals() == 20).await;
    let mut to: Vec<_> = rig.arrived().into_iter().map(|mail| mail.to).collect();
    to.sort();
    to.dedup();
    assert_eq!(to.len(), 20);
}

async fn it_says_where_mails_go(rig: Rig) {
    assert!(rig.mailer.ping().await.expect("it is there").contains(&rig.place));
    assert!(rig.arrived().is_empty(), "and sends none");
}

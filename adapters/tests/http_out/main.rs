//! What leaves the house and what does not, against servers that really listen.

mod server;
mod tls;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adapters::http_out::{GuardedHttp, Resolver, Settings};
use async_trait::async_trait;
use domain::ports::http_out::{HttpOut as _, HttpOutError, HttpRequest, Method};
use server::Server;

const SOON: Duration = Duration::from_millis(400);
const TIME_MAX: Duration = Duration::from_secs(20);

/// Answers each question with the next of its answers; the last one stays.
struct Names(Mutex<(VecDeque<Vec<IpAddr>>, usize)>);

impl Names {
    fn leading<'a>(answers: impl IntoIterator<Item = &'a [&'a str]>) -> Arc<Self> {
        let parse = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        Arc::new(Self(Mutex::new((answers.into_iter().map(parse).collect(), 0))))
    }

    fn asked(&self) -> usize {
        self.0.lock().unwrap().1
    }
}

#[async_trait]
impl Resolver for Names {
    async fn addresses(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        let mut told = self.0.lock().unwrap();
        told.1 += 1;
        let next = told.0.front().cloned().unwrap_or_default();
        if told.0.len() > 1 {
            told.0.pop_front();
        }
        Ok(next)
    }
}

fn settings(allow_nets: &[&str]) -> Settings {
    Settings { allow_nets: allow_nets.iter().map(|net| net.parse().unwrap()).collect(), allow_http: true, ..Settings::default() }
}

fn reaching(allow_nets: &[&str]) -> GuardedHttp {
    GuardedHttp::new(settings(allow_nets)).unwrap()
}

fn refused(error: &HttpOutError) -> bool {
    matches!(error, HttpOutError::Refused { .. })
}

fn get(url: String) -> HttpRequest {
    HttpRequest::get(url, TIME_MAX, 1024)
}

#[test]
fn what_an_operator_denies_is_refused_in_every_guise() {
    let deny_nets = ["198.41.0.0/24", "2606:4700::/32"].map(|net| net.parse().unwrap()).to_vec();
    let http = GuardedHttp::new(Settings { deny_nets, ..settings(&["198.41.0.4", "10.1.0.0/16", "64:ff9b::/96", "2002::/16"]) }).unwrap();
    let denied = ["198.41.0.4", "[::ffff:198.41.0.4]", "[64:ff9b::c629:4]", "[2002:c629:4::1]", "[2606:4700::1111]"];
    // A network that translates is open, and what it leads to is not.
    for host in denied.into_iter().chain(["[64:ff9b::a9fe:a9fe]", "[64:ff9b::a83f:8110]", "[2002:7f00:1::1]", "168.63.129.16"]) {
        assert!(refused(&http.check(&format!("http://{host}/")).unwrap_err()), "{host}");
    }
    for host in ["198.41.1.4", "[64:ff9b::808:808]", "[64:ff9b::a01:2]", "[::ffff:10.1.0.2]", "[2002:808:808::1]", "[2a00:1450:4001::1]"] {
        http.check(&format!("http://{host}/")).unwrap_or_else(|error| panic!("{host}: {error}"));
    }
}

#[test]
fn a_url_that_leads_into_the_house_is_refused_by_its_text() {
    let http = reaching(&[]);
    let inside = [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://0x7f.1:8080/a?b",
        "http://10.0.0.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/",
        "http://[::]/",
        "http://0/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
        "http://[2002:7f00:1::]/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://a.localhost/",
        "http://224.0.0.1/",
        "http://\u{ff11}27.0.0.1/",
        "http://%31%32%37.0.0.1/",
        "https://0x7f.1/",
    ];
    for url in inside {
        assert!(refused(&http.check(url).unwrap_err()), "{url}");
    }
    let error = http.check("http://127.0.0.1/").unwrap_err().to_string();
    assert!(error.contains("WEBHOOK_ALLOW_NETS"), "it says who could open it, and how: {error}");
    let malformed = [
        "",
        "http",
        "http://",
        "file:///etc/passwd",
        "gopher://example.com/",
        "ftp://example.com/",
        "//example.com/",
        "http://user@example.com/",
        "http://user:word@example.com/",
        "http://example.com:0/",
        "http://example.com:65536/",
        "http://example.com/#part",
        "http://exa mple.com/",
        "http://example.com/\r\nX: y",
        "http://example.com/\t",
        "http://[fe80::1%25eth0]/",
        "http://example.com\\@127.0.0.1/\u{e9}",
    ];
    for url in malformed {
        assert!(refused(&http.check(url).unwrap_err()), "{url}");
    }
    let long = format!("https://example.com/{}", "a".repeat(2_048));
    assert!(refused(&http.check(&long).unwrap_err()));
    for url in [
        "https://example.com/",
        "https://example.com:8443/hooks?a=b",
        "https://1.1.1.1/",
        "https://[2606:4700::1111]/",
        "http://example.com",
    ] {
        assert_eq!(http.check(url), Ok(()), "{url}");
    }
}

#[test]
fn only_https_passes_until_the_settings_say_otherwise() {
    let http = GuardedHttp::new(Settings::default()).unwrap();
    let error = http.check("http://example.com/").unwrap_err();
    assert!(refused(&error) && error.to_string().contains("WEBHOOK_ALLOW_HTTP"), "{error}");
    assert_eq!(http.check("https://example.com/"), Ok(()));
}

#[tokio::test]
async fn a_name_that_leads_into_the_house_is_not_connected_to() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let url = format!("http://hook.example:{}/", server.port);
    for leads in [&["127.0.0.1"][..], &["::ffff:127.0.0.1"], &["1.1.1.1", "127.0.0.1"], &["169.254.169.254"], &["64:ff9b::7f00:1"]] {
        let http = GuardedHttp::resolving(settings(&[]), Names::leading([leads])).unwrap();
        let error = http.send(get(url.clone())).await.unwrap_err();
        assert!(refused(&error) && !error.to_string().contains("127."), "{leads:?}: {error}");
    }
    let nowhere = GuardedHttp::resolving(settings(&[]), Names::leading([])).unwrap();
    assert!(matches!(nowhere.send(get(url)).await, Err(HttpOutError::Unavailable { .. })));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_name_that_changes_its_mind_wins_nothing() {
    let allowed = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let secret = Server::at("127.0.0.2", allowed.port, "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret").await;
    let names = Names::leading([&["127.0.0.1"][..], &["127.0.0.2"]]);
    let http = GuardedHttp::resolving(settings(&["127.0.0.1"]), Arc::clone(&names) as Arc<_>).unwrap();
    let url = format!("http://hook.example:{}/", allowed.port);
    assert_eq!(http.send(get(url.clone())).await.unwrap().body, b"");
    assert_eq!((names.asked(), allowed.connections()), (1, 1), "asked once, and the address that was judged is the one that is spoken to");
    assert!(refused(&http.send(get(url)).await.unwrap_err()), "and judged anew for each request");
    assert_eq!(secret.connections(), 0);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_leads_nowhere() {
    let inside = Server::at("127.0.0.2", 0, "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret").await;
    let location = format!("http://127.0.0.2:{}/", inside.port);
    for status in [301, 302, 303, 307, 308] {
        let outside = Server::answering(&format!("HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\ncontent-length: 0\r\n\r\n")).await;
        let answer = reaching(&["127.0.0.0/8"]).send(get(outside.url())).await.unwrap();
        assert_eq!((answer.status, answer.header("location")), (status, Some(location.as_str())));
    }
    assert_eq!(inside.connections(), 0);
}

#[tokio::test]
async fn a_post_arrives_as_it_was_written() {
    let server = Server::answering("HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\nX-Seen: yes\r\n\r\nok").await;
    let request = HttpRequest {
        method: Method::Post,
        headers: vec![("content-type", "application/json".into()), ("webhook-id", "msg_1".into())],
        body: b"{\"a\":1}".to_vec(),
        ..get(format!("{}hooks?to=me", server.url()))
    };
    let answer = reaching(&["127.0.0.1"]).send(request).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice(), answer.is_whole, answer.header("x-seen")), (202, &b"ok"[..], true, Some("yes")));
    let seen = server.seen().await.to_lowercase();
    let host = format!("host: 127.0.0.1:{}\r\n", server.port);
    for part in [
        "post /hooks?to=me http/1.1\r\n",
        &host,
        "user-agent: tallyman/",
        "webhook-id: msg_1\r\n",
        "content-length: 7\r\n",
        "\r\n\r\n{\"a\":1}",
    ] {
        assert!(seen.contains(part), "{part} in {seen}");
    }
}

#[tokio::test]
async fn a_header_cannot_be_smuggled_in() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let request = HttpRequest { headers: vec![("webhook-id", "a\r\nX-Admin: yes".into())], ..get(server.url()) };
    assert!(refused(&reaching(&["127.0.0.1"]).send(request).await.unwrap_err()));
}

#[tokio::test]
async fn nobody_is_waited_for_without_end() {
    let http = reaching(&["127.0.0.1"]);
    for silent in ["", "HTTP/1.1 200 OK\r\nX-Unfinished: "] {
        let server = Server::answering_and_staying(silent).await;
        let answer = http.send(HttpRequest { time_max: SOON, ..get(server.url()) }).await;
        assert!(matches!(&answer, Err(HttpOutError::Unavailable { reason }) if reason.contains("too long")), "{answer:?}");
    }
    let slow = Server::answering_and_staying("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
    let answer = http.send(HttpRequest { time_max: SOON, ..get(slow.url()) }).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice(), answer.is_whole), (200, &b"half"[..], false));
}

#[tokio::test]
async fn an_endless_answer_is_read_up_to_its_bound() {
    let http = reaching(&["127.0.0.1"]);
    let endless = Server::repeating("HTTP/1.1 200 OK\r\n\r\n", "all work and no play ").await;
    let answer = http.send(get(endless.url())).await.unwrap();
    assert_eq!((answer.body.len(), answer.is_whole), (1024, false));
    let headers = Server::repeating("HTTP/1.1 200 OK\r\n", "X-More: all work and no play\r\n").await;
    let answer = http.send(get(headers.url())).await;
    assert!(matches!(answer, Err(HttpOutError::Unavailable { .. })), "{answer:?}");
}

#[tokio::test]
async fn nonsense_and_a_broken_connection_are_no_answers() {
    for nonsense in ["", "220 mail.example ESMTP\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"] {
        let server = Server::answering(nonsense).await;
        let answer = reaching(&["127.0.0.1"]).send(get(server.url())).await;
        assert!(matches!(answer, Err(HttpOutError::Unavailable { .. })), "{nonsense:?}: {answer:?}");
    }
}

#[tokio::test]
async fn the_addresses_of_a_name_are_tried_in_turn() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let names = Names::leading([&["127.0.0.9", "127.0.0.1"][..]]);
    let http = GuardedHttp::resolving(settings(&["127.0.0.0/8"]), names).unwrap();
    let url = format!("http://hook.example:{}/", server.port);
    assert_eq!(http.send(get(url)).await.unwrap().status, 200);
}

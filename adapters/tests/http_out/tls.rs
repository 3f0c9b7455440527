//! Over TLS: the certificate has to be of the name that was asked for, whatever address it led to.

use std::sync::Arc;

use adapters::http_out::{GuardedHttp, Settings};
use domain::ports::http_out::{HttpOut as _, HttpOutError};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use testkit::spawn;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::{Names, get};

#[tokio::test]
async fn the_certificate_is_checked_against_the_name() {
    let made = rcgen::generate_simple_self_signed(vec!["hook.example".into()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, made.cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let (acceptor, listener) = (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let port = listener.local_addr().unwrap().port();
    spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
            let _ = stream.shutdown().await;
        }
    });
    let settings = |ca_file| Settings { allow_nets: vec!["127.0.0.1".parse().unwrap()], ca_file, ..Settings::default() };
    let http = |ca_file| GuardedHttp::resolving(settings(ca_file), Names::leading([&["127.0.0.1"][..]])).unwrap();
    let answer = http(Some(ca_file.clone())).send(get(format!("https://hook.example:{port}/"))).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"ok"[..]));
    let other = http(Some(ca_file)).send(get(format!("https://other.example:{port}/"))).await;
    assert!(matches!(other, Err(HttpOutError::Unavailable { .. })), "{other:?}");
    let unknown = http(None).send(get(format!("https://hook.example:{port}/"))).await;
    assert!(matches!(unknown, Err(HttpOutError::Unavailable { .. })), "nobody vouches for it: {unknown:?}");
}

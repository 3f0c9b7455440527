//! A registry with one image in it, as much of the distribution API as a pull needs. An engine trusts 127.0.0.0/8 without TLS.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

pub struct Registry {
    /// `127.0.0.1:<port>/acme/agent`
    pub repository: String,
    shelf: Arc<Mutex<Shelf>>,
    slow: watch::Sender<bool>,
    _serving: JoinSet<()>,
}

#[derive(Default)]
struct Shelf {
    /// By digest: media type and content.
    content: HashMap<String, (&'static str, Vec<u8>)>,
    tags: HashMap<String, String>,
    pulls: u32,
    contents: u32,
    ill: bool,
}

impl Registry {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let repository = format!("{}/acme/agent", listener.local_addr().unwrap());
        let shelf: Arc<Mutex<Shelf>> = Arc::default();
        let mut serving = JoinSet::new();
        let served = shelf.clone();
        let slow = watch::Sender::new(false);
        let pace = slow.subscribe();
        serving.spawn(async move {
            let mut guests = JoinSet::new();
            while let Ok((guest, _)) = listener.accept().await {
                guests.spawn(serve(guest, served.clone(), pace.clone()));
            }
        });
        Self { repository, shelf, slow, _serving: serving }
    }

    /// Publishes an image that runs a script, under a tag. Answers the manifest's digest.
    pub fn publish(&self, tag: &str, script: &str) -> String {
        let layer = super::images::root();
        let config = json!({
            "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }, "os": "linux",
            "config": {"Entrypoint": ["/bin/sh", "-c", script]}, "rootfs": {"type": "layers", "diff_ids": [digest(&layer)]},
        });
        let config = config.to_string().into_bytes();
        let described = |media: &str, content: &[u8]| json!({"mediaType": media, "size": content.len(), "digest": digest(content)});
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": described("application/vnd.docker.container.image.v1+json", &config),
            "layers": [described("application/vnd.docker.image.rootfs.diff.tar.gzip", &layer)],
        });
        let mut stored = self.shelf.lock().unwrap();
        let digests =
            [("application/octet-stream", layer), ("application/octet-stream", config), (MANIFEST, manifest.to_string().into_bytes())].map(
                |(media, content)| {
                    let digest = digest(&content);
                    stored.content.insert(digest.clone(), (media, content));
                    digest
                },
            );
        stored.tags.insert(tag.to_owned(), digests[2].clone());
        digests[2].clone()
    }

    /// From now on every answer is that there is none.
    pub fn falls_ill(&self) {
        self.shelf.lock().unwrap().ill = true;
    }

    /// From now on contents wait, or do no longer.
    pub fn is_slow(&self, slow: bool) {
        self.slow.send_replace(slow);
    }

    /// How often something was asked for that a manifest names.
    pub fn contents(&self) -> u32 {
        self.shelf.lock().unwrap().contents
    }

    /// How often a manifest was asked for by its tag or digest.
    pub fn pulls(&self) -> u32 {
        self.shelf.lock().unwrap().pulls
    }
}

fn digest(content: &[u8]) -> String {
    format!("sha256:{:x}", Sha256::digest(content))
}

async fn serve(guest: TcpStream, shelf: Arc<Mutex<Shelf>>, mut pace: watch::Receiver<bool>) {
    let mut guest = BufReader::new(guest);
    loop {
        let (mut request, mut header) = (String::new(), String::new());
        if guest.read_line(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
        while guest.read_line(&mut header).await.unwrap_or(0) > 2 {
            header.clear();
        }
        let mut words = request.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        shelf.lock().unwrap().contents += u32::from(path.contains("/blobs/"));
        if path.contains("/blobs/") && pace.wait_for(|slow| !slow).await.is_err() {
            return;
        }
        let answer = answer(&mut shelf.lock().unwrap(), path, method == "HEAD");
        if guest.write_all(&answer).await.is_err() {
            return;
        }
    }
}

fn answer(shelf: &mut Shelf, path: &str, head: bool) -> Vec<u8> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let digest = shelf.tags.get(name).map_or(name, String::as_str).to_owned();
    shelf.pulls += u32::from(path.contains("/manifests/"));
    let (status, media, content) = match shelf.content.get(&digest) {
        _ if shelf.ill => ("503 Service Unavailable", "text/plain", &b"come back later"[..]),
        Some((media, content)) => ("200 OK", *media, content.as_slice()),
        None if path == "/v2/" => ("200 OK", "application/json", &b"{}"[..]),
        None => ("404 Not Found", "application/json", &br#"{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}"#[..]),
    };
    let mut answer = format!(
        "HTTP/1.1 {status}\r\nDocker-Distribution-Api-Version: registry/2.0\r\nDocker-Content-Digest: {digest}\r\nContent-Type: {media}\r\nContent-Length: {}\r\n\r\n",
        content.len()
    )
    .into_bytes();
    if !head {
        answer.extend_from_slice(content);
    }
    answer
}

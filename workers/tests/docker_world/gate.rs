//! A gate before the real engine, which answers some removals itself: an engine that cannot let go of a container.

use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    task::JoinSet,
};

const STUCK: &str = "{\"message\": \"could not kill container: tried to kill it, but did not receive an exit event\"}";

pub struct Gate {
    folder: TempDir,
    refused: Arc<Mutex<Option<String>>>,
    _serving: JoinSet<()>,
}

impl Gate {
    pub fn open() -> Self {
        let (folder, refused) = (tempfile::tempdir().unwrap(), Arc::<Mutex<Option<String>>>::default());
        let listener = UnixListener::bind(folder.path().join("docker.sock")).unwrap();
        let (mut serving, rule) = (JoinSet::new(), refused.clone());
        serving.spawn(async move {
            let mut guests = JoinSet::new();
            while let Ok((guest, _)) = listener.accept().await {
                guests.spawn(serve(guest, rule.clone()));
            }
        });
        Self { folder, refused, _serving: serving }
    }

    /// Where the engine is for those who come through the gate.
    pub fn host(&self) -> String {
        format!("unix://{}", self.folder.path().join("docker.sock").display())
    }

    /// From now on nothing whose path has this in it can be removed.
    pub fn refuse(&self, path: &str) {
        *self.refused.lock().unwrap() = Some(path.to_owned());
    }

    pub fn refuse_nothing(&self) {
        *self.refused.lock().unwrap() = None;
    }
}

/// A request without a body comes in one piece.
async fn serve(mut guest: UnixStream, refused: Arc<Mutex<Option<String>>>) {
    let mut engine = UnixStream::connect(super::socket()).await.unwrap();
    let (mut asked, mut answered) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    loop {
        let written = tokio::select! {
            read = guest.read(&mut asked) => match read {
                Ok(1..) if is_refused(&asked, &refused) => {
                    let answer = format!("HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{STUCK}", STUCK.len());
                    guest.write_all(answer.as_bytes()).await
                }
                Ok(bytes @ 1..) => engine.write_all(&asked[..bytes]).await,
                _ => return,
            },
            read = engine.read(&mut answered) => match read {
                Ok(bytes @ 1..) => guest.write_all(&answered[..bytes]).await,
                _ => return,
            },
        };
        if written.is_err() {
            return;
        }
    }
}

fn is_refused(asked: &[u8], refused: &Mutex<Option<String>>) -> bool {
    let head = String::from_utf8_lossy(asked.split(|byte| *byte == b'\n').next().unwrap_or_default());
    head.starts_with("DELETE ") && refused.lock().unwrap().as_ref().is_some_and(|path| head.contains(path.as_str()))
}

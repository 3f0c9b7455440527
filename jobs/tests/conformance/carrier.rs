//! What carries wake-ups and cancellations between processes, when the line goes dead.

use std::sync::Arc;
use std::time::Duration;

use entities::id::JobId;
use jobs::{Carrier, Signal, WakeBus};
use platform::{Ids, SystemClock, Tasks};
use testkit::{shared_redis_url, until};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A line to Redis on which all that is open now can fall silent, without an end: a router that forgot, a host that froze.
struct Line {
    url: String,
    silent: watch::Sender<()>,
    _serving: JoinSet<()>,
}

impl Line {
    async fn to_redis() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("redis://{}", listener.local_addr().expect("it has one"));
        let (silent, mut serving) = (watch::Sender::new(()), JoinSet::new());
        let falls_silent = silent.clone();
        serving.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((guest, _)) = listener.accept().await {
                open.spawn(carry(guest, falls_silent.subscribe()));
            }
        });
        Self { url, silent, _serving: serving }
    }

    /// Answers when nothing that is open now carries anything any more.
    async fn falls_silent(&self) {
        self.silent.send_replace(());
        self.silent.closed().await;
    }
}

async fn carry(mut guest: TcpStream, mut silent: watch::Receiver<()>) {
    let url = shared_redis_url();
    let address = url.trim_start_matches("redis://").split('/').next().expect("an address");
    let mut redis = TcpStream::connect(address).await.expect("Redis is there");
    tokio::select! {
        _ = copy_bidirectional(&mut guest, &mut redis) => {}
        // Both ends stay open.
        _ = silent.changed() => {
            drop(silent);
            std::future::pending::<()>().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_whose_line_falls_silent_notices_and_listens_anew() {
    let (line, tasks, ids) = (Line::to_redis().await, Tasks::new(), Ids::new(Arc::new(SystemClock)));
    let ours = Carrier::Redis(line.url.clone()).start(&tasks);
    let [theirs, witness] = [(); 2].map(|()| Carrier::Redis(shared_redis_url()).start(&tasks));
    // Of those that are sent one after the other, one is heard once somebody listens.
    let hears = async |bus: &WakeBus| {
        let (id, mut cancels): (JobId, _) = (ids.next(), bus.cancels());
        theirs.send(Signal::Cancel(id));
        let heard = async { while cancels.recv().await.is_ok_and(|heard| heard != id) {} };
        tokio::time::timeout(Duration::from_millis(300), heard).await.is_ok()
    };
    until("it listens", async || hears(&ours).await).await;
    until("the witness listens", async || hears(&witness).await).await;
    line.falls_silent().await;
    let (id, mut cancels, mut witnessed): (JobId, _, _) = (ids.next(), ours.cancels(), witness.cancels());
    theirs.send(Signal::Cancel(id));
    while witnessed.recv().await.expect("the witness listens") != id {}
    // What was on its way before may still arrive.
    assert!(std::iter::from_fn(|| cancels.try_recv().ok()).all(|cancelled| cancelled != id), "nothing comes over the line");
    until("it has noticed, and listens over another line", async || hears(&ours).await).await;
    tasks.stop().cancel();
    tasks.shut_down().await;
}

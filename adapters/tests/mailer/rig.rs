//! A mailer, and a look at what has arrived.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use adapters::mail::Settings;
use domain::ports::mailer::Mailer;
use serde::Deserialize;
use tempfile::TempDir;
use testkit::FakeMailer;
use testkit::engines::handed;

use crate::server::{Kind, Server};

/// A mail as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Arrived {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub message_id: String,
    /// In seconds since 1970.
    pub sent_at: i64,
    /// The names of its headers.
    pub headers: Vec<String>,
}

/// Where mails arrive.
enum Letterbox {
    Server(Server),
    Folder(TempDir),
    Fake(Arc<FakeMailer>),
}

pub struct Rig {
    pub mailer: Arc<dyn Mailer>,
    /// What the mailer says of where mails go.
    pub place: String,
    letterbox: Letterbox,
}

impl Rig {
    pub fn smtp(kind: Kind) -> Self {
        let server = Server::start(kind);
        let mailer = server.settings().mailer(Path::new("nowhere"), true).expect("the settings are good");
        Self { mailer, place: format!("localhost:{}", server.port), letterbox: Letterbox::Server(server) }
    }

    pub fn outbox() -> Self {
        let folder = tempfile::tempdir().expect("the temporary directory can be written");
        let settings = Settings { from: Some("Tallyman <hello@tallyman.example>".into()), ..Settings::default() };
        let mailer = settings.mailer(folder.path(), false).expect("the settings are good");
        Self { mailer, place: folder.path().display().to_string(), letterbox: Letterbox::Folder(folder) }
    }

    pub fn fake() -> Self {
        let fake = Arc::new(FakeMailer::default());
        Self { mailer: Arc::clone(&fake) as Arc<_>, place: "fake".into(), letterbox: Letterbox::Fake(fake) }
    }

    /// The mails that have arrived.
    pub fn arrived(&self) -> Vec<Arrived> {
        match &self.letterbox {
            Letterbox::Server(server) => read(&server.taken().into_iter().map(|mail| mail.content).collect::<Vec<_>>()),
            Letterbox::Folder(folder) => read(&files_in(&folder.path().join("outbox"))),
            Letterbox::Fake(fake) => fake.taken().into_iter().map(|mail| Arrived::from_fake(&mail)).collect(),
        }
    }

    /// How many mails have arrived.
    pub fn arrivals(&self) -> usize {
        match &self.letterbox {
            Letterbox::Server(server) => server.taken().len(),
            Letterbox::Folder(folder) => files_in(&folder.path().join("outbox")).len(),
            Letterbox::Fake(fake) => fake.taken().len(),
        }
    }
}

impl Arrived {
    fn from_fake(mail: &domain::ports::mailer::Mail) -> Self {
        Self {
            to: mail.to.to_string(),
            subject: mail.subject.clone(),
            text: mail.text.clone(),
            message_id: format!("<{}@tallyman.example>", mail.id),
            sent_at: mail.created_at.micros() / 1_000_000,
            headers: vec!["Auto-Submitted".into()],
        }
    }
}

fn files_in(folder: &Path) -> Vec<String> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

/// A script beside this file, with the libraries that `./test` installs.
pub fn python(script: &str) -> Command {
    let mut command = Command::new("python3");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mailer").join(script));
    command.env("PYTHONPATH", handed("TEST_PYTHONPATH")).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// As a mail program reads them.
fn read(mails: &[String]) -> Vec<Arrived> {
    let mut reader = python("read_mails.py").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python can be started");
    let mut input = reader.stdin.take().expect("its ear is ours");
    input.write_all(&serde_json::to_vec(mails).expect("it is JSON")).expect("it listens");
    drop(input);
    let output = reader.wait_with_output().expect("it ends");
    serde_json::from_slice(&output.stdout).expect("it answers in JSON")
}

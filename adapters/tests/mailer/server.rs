//! `server.py`: a mail server with the public library aiosmtpd.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use adapters::mail::{Settings, Tls};
use serde::Deserialize;
use tempfile::TempDir;

use crate::rig::python;

/// How its connections are kept from listeners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Clear,
    Starttls,
    Implicit,
}

pub const PASSWORD: &str = "correct horse";

/// Ends with the test.
pub struct Server {
    child: Child,
    pub port: u16,
    kind: Kind,
    folder: TempDir,
}

/// A mail as the server got it.
#[derive(Debug, Clone, Deserialize)]
pub struct Taken {
    pub to: Vec<String>,
    pub from: String,
    /// Whether it travelled encrypted.
    pub hidden: bool,
    pub signed_in: bool,
    pub content: String,
}

impl Server {
    /// Encrypted ones want to know who sends.
    pub fn start(kind: Kind) -> Self {
        let folder = tempfile::tempdir().expect("the temporary directory can be written");
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("taken")).expect("the folder can be made");
        let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).expect("a certificate can be made");
        std::fs::write(at("certificate.pem"), made.cert.pem()).expect("it can be written");
        std::fs::write(at("key.pem"), made.signing_key.serialize_pem()).expect("it can be written");
        let mut command = python("server.py");
        command.arg(at("taken"));
        match kind {
            Kind::Clear => command.arg("none"),
            Kind::Starttls => command.arg("starttls").arg(at("certificate.pem")).arg(at("key.pem")).args(["ann", PASSWORD]),
            Kind::Implicit => command.arg("implicit").arg(at("certificate.pem")).arg(at("key.pem")).args(["ann", PASSWORD]),
        };
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("Python can be started");
        let mut line = String::new();
        let said = child.stdout.take().expect("its words are ours");
        BufReader::new(said).read_line(&mut line).expect("it says something");
        let port = line.trim().trim_start_matches("listening on ").parse().expect("it says its port");
        Self { child, port, kind, folder }
    }

    /// What a mailer has to know to send here.
    pub fn settings(&self) -> Settings {
        let (tls, who) = match self.kind {
            Kind::Clear => (Tls::None, None),
            Kind::Starttls => (Tls::Starttls, Some("ann")),
            Kind::Implicit => (Tls::Implicit, Some("ann")),
        };
        Settings {
            smtp_host: Some("localhost".into()),
            smtp_port: Some(self.port),
            smtp_tls: tls,
            smtp_user: who.map(Into::into),
            smtp_password: who.map(|_| PASSWORD.into()),
            smtp_ca_file: (self.kind != Kind::Clear).then(|| self.folder.path().join("certificate.pem")),
            from: Some("Tallyman <hello@tallyman.example>".into()),
            ..Settings::default()
        }
    }

    /// The mails that it has taken, in order.
    pub fn taken(&self) -> Vec<Taken> {
        let folder = self.folder.path().join("taken");
        let read = |number: usize| std::fs::read(folder.join(format!("{number}.json"))).ok();
        (0..).map_while(read).filter_map(|bytes| serde_json::from_slice(&bytes).ok()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have fallen by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

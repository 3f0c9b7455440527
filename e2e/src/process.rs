//! One child process: what it said, how it ended, and that it ends.

use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use testkit::until_within;

const START: Duration = Duration::from_secs(30);
const END: Duration = Duration::from_secs(45);
const TAIL_LINES: usize = 40;

/// A running role. Dropping it kills it.
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
    ended: Option<ExitStatus>,
}

/// What a command printed, and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Process {
    /// Start the command; everything that it says goes to `log`.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(name: &str, mut command: Command, log: PathBuf) -> Self {
        let file = File::create(&log).expect("the log can be written");
        let twin = file.try_clone().expect("a file has two names");
        let child = command.stdin(Stdio::null()).stdout(file).stderr(twin).spawn();
        let child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self { name: name.to_owned(), child, log, ended: None }
    }

    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// All that it has said until now.
    #[must_use]
    pub fn said(&self) -> String {
        std::fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Wait for a line with `words` in it.
    ///
    /// # Panics
    /// When the process ends without it, or takes too long.
    pub async fn says(&mut self, words: &str) -> String {
        let mut found = None;
        until_within(START, &format!("{} says {words:?}", self.name), async || {
            found = self.said().lines().find(|line| line.contains(words)).map(str::to_owned);
            assert!(found.is_some() || self.is_running(), "{} ended without saying {words:?}:\n{}", self.name, self.tail());
            found.is_some()
        })
        .await;
        found.expect("the wait ended with it")
    }

    /// Wait until it serves; answers where, as it says itself.
    ///
    /// # Panics
    /// When it never does.
    pub async fn ready(&mut self) -> String {
        let line = self.says("ready on http://").await;
        line.trim_start_matches("ready on ").to_owned()
    }

    /// The secret of the first architect, as the first start prints it with what to do.
    ///
    /// # Panics
    /// When it never does.
    pub async fn login_secret(&mut self) -> String {
        let line = self.says("/v1/auth/login/link").await;
        let (_, rest) = line.split_once(r#""secret":""#).expect("the line is a whole command");
        rest.split('"').next().unwrap_or(rest).to_owned()
    }

    /// # Panics
    /// When the kernel does not say.
    #[must_use]
    pub fn is_running(&mut self) -> bool {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().expect("a child can be waited for");
        }
        self.ended.is_none()
    }

    /// # Panics
    /// When the process is not there any more.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw).expect("a process has an id");
        kill_process(pid, signal).unwrap_or_else(|error| panic!("{} does not take {signal:?}: {error}", self.name));
    }

    /// `kill -9`: no destructor, no drain, no goodbye.
    ///
    /// # Panics
    /// When the process has ended before.
    pub fn kill(&mut self) {
        assert!(self.is_running(), "{} has ended before it was killed:\n{}", self.name, self.tail());
        self.signal(Signal::KILL);
        self.ended = Some(self.child.wait().expect("a child can be waited for"));
    }

    /// Wait until it has ended; answers its exit code, or the signal that ended it as a negative number.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn ends(&mut self) -> i32 {
        until_within(END, &format!("{} ends", self.name), async || !self.is_running()).await;
        let status = self.ended.expect("the wait ended with it");
        status.code().or(status.signal().map(|signal| -signal)).expect("a process ends with a code or by a signal")
    }

    /// SIGTERM, and what came of it.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn terminate(&mut self) -> i32 {
        self.signal(Signal::TERM);
        self.ends().await
    }

    fn tail(&self) -> String {
        let said = self.said();
        let lines: Vec<_> = said.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; nobody is left to tell either way.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- {} said, at the end:\n{}\n", self.name, self.tail());
        }
    }
}

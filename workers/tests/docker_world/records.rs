//! The records of containers and the lines of a run, in memory.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use domain::{
    entities::id::ExecutionId,
    ports::sandbox::{ContainerLog, LogLine, LogSink, LogStream, Opened, Opening, SandboxError},
};

/// What is written down about containers, as the rows of a database would be.
pub struct Records {
    installation: String,
    open: Mutex<BTreeMap<String, Record>>,
    serial: AtomicU32,
}

#[derive(Debug, Clone)]
pub struct Record {
    pub daemon: String,
    pub uid: u32,
    pub run: Option<(ExecutionId, u32)>,
    pub abandoned: bool,
}

impl Records {
    pub fn new(installation: &str) -> Self {
        Self { installation: installation.to_owned(), open: Mutex::default(), serial: AtomicU32::new(1) }
    }

    pub fn open_names(&self) -> Vec<String> {
        self.open.lock().unwrap().keys().cloned().collect()
    }

    pub fn get(&self, name: &str) -> Option<Record> {
        self.open.lock().unwrap().get(name).cloned()
    }

    /// The worker that opened these was not heard of for its lease.
    pub fn abandon_all(&self) {
        self.open.lock().unwrap().values_mut().for_each(|record| record.abandoned = true);
    }

    /// Writes a name down as if a worker had done so before it died.
    pub fn inherit(&self, name: &str, daemon: &str) {
        let record = Record { daemon: daemon.to_owned(), uid: 1, run: None, abandoned: true };
        self.open.lock().unwrap().insert(name.to_owned(), record);
    }
}

#[async_trait]
impl ContainerLog for Records {
    async fn open(&self, opening: Opening) -> Result<Opened, SandboxError> {
        let mut open = self.open.lock().unwrap();
        let name = match opening.run {
            Some((execution, attempt)) => format!("tm-{}-{execution}-{attempt}", self.installation),
            None => format!("tm-{}-warm-{}", self.installation, self.serial.fetch_add(1, Ordering::Relaxed)),
        };
        let leased: Vec<u32> = open.values().map(|record| record.uid).collect();
        let uid = opening.uids.clone().find(|uid| !leased.contains(uid)).ok_or(SandboxError::NoUid { daemon: opening.daemon.clone() })?;
        open.insert(name.clone(), Record { daemon: opening.daemon, uid, run: opening.run, abandoned: false });
        Ok(Opened { name, uid })
    }

    async fn bind(&self, name: &str, execution_id: ExecutionId, attempt: u32) -> Result<(), SandboxError> {
        self.open.lock().unwrap().get_mut(name).expect("a recorded container is bound").run = Some((execution_id, attempt));
        Ok(())
    }

    async fn close(&self, name: &str) -> Result<(), SandboxError> {
        self.open.lock().unwrap().remove(name);
        Ok(())
    }

    async fn abandoned(&self, daemon: &str) -> Result<Vec<String>, SandboxError> {
        let open = self.open.lock().unwrap();
        Ok(open.iter().filter(|(_, record)| record.abandoned && record.daemon == daemon).map(|(name, _)| name.clone()).collect())
    }
}

/// The lines of a run.
#[derive(Default)]
pub struct Lines(Mutex<Vec<LogLine>>);

impl Lines {
    pub fn texts(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().map(|line| line.text.chars().take(200).collect()).collect()
    }

    pub fn of(&self, stream: LogStream) -> Vec<String> {
        self.0.lock().unwrap().iter().filter(|line| line.stream == stream).map(|line| line.text.clone()).collect()
    }

    pub fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

#[async_trait]
impl LogSink for Lines {
    async fn line(&self, line: LogLine) {
        self.0.lock().unwrap().push(line);
    }
}

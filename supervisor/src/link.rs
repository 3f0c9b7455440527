//! The line to the worker: stdin and stdout of the container. Sending never blocks where the loop must stay awake.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;

use serde::Serialize;
use supervisor::frames::{Kind, OVERHEAD_BYTES, RUN_KEY_BYTES, Sealer};

use crate::kernel::{self, Watch};

/// What waits here while the worker reads slowly.
const WAITING_BYTES_MAX: usize = 256 * 1024;

pub struct Link {
    pub stdin: File,
    stdout: File,
    sealer: Sealer,
    waiting: Box<[u8]>,
    from: usize,
    to: usize,
    started: bool,
}

impl Link {
    pub fn open() -> io::Result<Self> {
        let stdout = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        kernel::set_nonblocking(&stdout)?;
        Ok(Self {
            stdin: File::from(io::stdin().as_fd().try_clone_to_owned()?),
            stdout,
            sealer: Sealer::default(),
            waiting: vec![0; WAITING_BYTES_MAX].into(),
            from: 0,
            to: 0,
            started: false,
        })
    }

    pub fn key(&mut self, key: &[u8; RUN_KEY_BYTES]) {
        self.sealer.key(key);
    }

    /// `START` has come: from now on stdin says only whether the worker is there.
    pub fn started(&mut self) {
        self.started = true;
    }

    /// Whether a frame with so long a payload can be sent without waiting.
    pub fn has_room(&self, payload_bytes: usize) -> bool {
        self.waiting.len() - (self.to - self.from) >= payload_bytes + OVERHEAD_BYTES
    }

    pub fn send_json(&mut self, kind: Kind, message: &impl Serialize) -> io::Result<()> {
        self.send(kind, &serde_json::to_vec(message)?)
    }

    /// Sends a frame, waiting only when there is no room for it.
    ///
    /// # Errors
    /// When the worker is gone.
    pub fn send(&mut self, kind: Kind, payload: &[u8]) -> io::Result<()> {
        self.send_from(kind, payload.len(), &mut { payload }, &mut [0; 4096])
    }

    /// Sends a frame whose payload is read from `source` as it goes, through `scratch`.
    ///
    /// # Errors
    /// When the worker is gone, or when the source has less than `payload_bytes`: the frame is then broken for good.
    pub fn send_from(&mut self, kind: Kind, payload_bytes: usize, source: &mut impl Read, scratch: &mut [u8]) -> io::Result<()> {
        let (prefix, mut tagger) = self.sealer.begin(kind, payload_bytes);
        self.put(&prefix)?;
        let mut left = payload_bytes;
        while left > 0 {
            let piece = left.min(scratch.len());
            source.read_exact(&mut scratch[..piece]).map_err(|error| io::Error::other(format!("a payload ended early: {error}")))?;
            tagger.update(&scratch[..piece]);
            self.put(&scratch[..piece])?;
            left -= piece;
        }
        self.put(&tagger.finish())?;
        self.flush()
    }

    /// Waits until everything is sent.
    pub fn finish(&mut self) -> io::Result<()> {
        self.flush()?;
        while self.from < self.to {
            self.wait_to_write()?;
        }
        Ok(())
    }

    /// What the loop has to watch: stdin always, stdout while something waits.
    pub fn watches(&self) -> [Watch; 2] {
        let stdout = if self.from < self.to { Watch::writable(&self.stdout) } else { Watch::NONE };
        [if self.started { Watch::readable(&self.stdin) } else { Watch::NONE }, stdout]
    }

    /// Does what can be done after waiting for [`Self::watches`].
    ///
    /// # Errors
    /// When the worker is gone.
    pub fn attend(&mut self, [stdin, stdout]: [bool; 2]) -> io::Result<()> {
        if stdin && self.stdin.read(&mut [0; 512])? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if stdout { self.flush() } else { Ok(()) }
    }

    fn put(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.to == self.waiting.len() {
                self.waiting.copy_within(self.from.., 0);
                self.to -= self.from;
                self.from = 0;
            }
            let piece = bytes.len().min(self.waiting.len() - self.to);
            self.waiting[self.to..self.to + piece].copy_from_slice(&bytes[..piece]);
            self.to += piece;
            bytes = &bytes[piece..];
            if !bytes.is_empty() && self.from == 0 {
                self.flush()?;
                if self.from == 0 && self.to == self.waiting.len() {
                    self.wait_to_write()?;
                }
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.from < self.to {
            match self.stdout.write(&self.waiting[self.from..self.to]) {
                Ok(0) => return Err(io::ErrorKind::BrokenPipe.into()),
                Ok(sent) => self.from += sent,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        (self.from, self.to) = (0, 0);
        Ok(())
    }

    fn wait_to_write(&mut self) -> io::Result<()> {
        let mut watches = self.watches();
        kernel::poll(&mut watches, None)?;
        self.attend(watches.map(|watch| watch.came()))
    }
}

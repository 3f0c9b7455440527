//! One of the agent's two output streams: its head goes to the worker as it comes, its tail is kept until the end.

use std::io::{self, PipeReader, Read};

use supervisor::frames::Kind;
use supervisor::messages::Cut;

use crate::kernel::Watch;
use crate::link::Link;

pub struct Stream {
    pipe: Option<PipeReader>,
    kind: Kind,
    seen_bytes: u64,
    head_bytes_left: usize,
    tail: Tail,
}

/// What reading once from the agent's pipe gave.
#[derive(PartialEq, Eq)]
pub enum Pumped {
    Bytes,
    NothingNow,
    Ended,
}

impl Stream {
    pub fn new(kind: Kind, pipe: PipeReader, tail: Tail, head_bytes_max: usize) -> Self {
        Self { pipe: Some(pipe), kind, seen_bytes: 0, head_bytes_left: head_bytes_max, tail }
    }

    /// To be called once, before the first [`Self::pump`] and after the agent has started, which should not wait for it.
    pub fn take_memory(&mut self) {
        self.tail.take_memory();
    }

    /// All bytes so far, kept or not.
    pub fn seen_bytes(&self) -> u64 {
        self.seen_bytes
    }

    /// While the worker is slow to take the head, the agent waits; the tail asks nobody.
    pub fn has_room(&self, link: &Link, scratch_bytes: usize) -> bool {
        self.head_bytes_left == 0 || link.has_room(scratch_bytes)
    }

    pub fn watch(&self, link: &Link, scratch_bytes: usize) -> Watch {
        self.pipe.as_ref().filter(|_| self.has_room(link, scratch_bytes)).map_or(Watch::NONE, Watch::readable)
    }

    /// Reads once.
    ///
    /// # Errors
    /// When the worker is gone.
    pub fn pump(&mut self, link: &mut Link, scratch: &mut [u8]) -> io::Result<Pumped> {
        let Some(pipe) = &mut self.pipe else { return Ok(Pumped::Ended) };
        match pipe.read(scratch) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Pumped::NothingNow),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(Pumped::Bytes),
            Ok(0) | Err(_) => self.pipe = None,
            Ok(count) => {
                self.seen_bytes += count as u64;
                let (head, rest) = scratch[..count].split_at(count.min(self.head_bytes_left));
                self.head_bytes_left -= head.len();
                self.tail.keep(rest);
                if !head.is_empty() {
                    link.send(self.kind, head)?;
                }
                return Ok(Pumped::Bytes);
            }
        }
        Ok(Pumped::Ended)
    }

    /// When every writer is dead: reads what the pipe still holds, then sends what was held back.
    pub fn finish(&mut self, link: &mut Link, scratch: &mut [u8]) -> io::Result<()> {
        while self.pump(link, scratch)? == Pumped::Bytes {}
        self.pipe = None;
        if self.tail.dropped_bytes > 0 {
            let stream = if self.kind == Kind::Stdout { "stdout" } else { "stderr" };
            link.send_json(Kind::Cut, &Cut { stream: stream.to_owned(), dropped_bytes: self.tail.dropped_bytes })?;
        }
        for half in self.tail.halves() {
            for piece in half.chunks(scratch.len()) {
                link.send(self.kind, piece)?;
            }
        }
        Ok(())
    }
}

/// A ring of the last bytes.
#[derive(Default)]
pub struct Tail {
    ring: Vec<u8>,
    next: usize,
    kept_bytes: usize,
    dropped_bytes: u64,
}

impl Tail {
    /// Reserves addresses. The memory behind them is taken by [`Self::take_memory`], which is slower.
    pub fn reserve(bytes_max: usize) -> Result<Self, std::collections::TryReserveError> {
        let mut ring = Vec::new();
        ring.try_reserve_exact(bytes_max)?;
        Ok(Self { ring, ..Self::default() })
    }

    /// Writes to all of the ring once, so that its memory is there when the agent has used up the container's.
    fn take_memory(&mut self) {
        self.ring.resize(self.ring.capacity(), 0);
    }

    fn keep(&mut self, bytes: &[u8]) {
        let lost = (self.kept_bytes + bytes.len()).saturating_sub(self.ring.len());
        self.dropped_bytes += lost as u64;
        self.kept_bytes = self.kept_bytes + bytes.len() - lost;
        let mut bytes = &bytes[bytes.len().saturating_sub(self.ring.len())..];
        while !bytes.is_empty() {
            let piece = bytes.len().min(self.ring.len() - self.next);
            self.ring[self.next..self.next + piece].copy_from_slice(&bytes[..piece]);
            self.next = (self.next + piece) % self.ring.len();
            bytes = &bytes[piece..];
        }
    }

    /// The kept bytes in the order in which they came.
    fn halves(&self) -> [&[u8]; 2] {
        if self.kept_bytes < self.ring.len() {
            return [&self.ring[..self.kept_bytes], &[]];
        }
        let (newer, older) = self.ring.split_at(self.next);
        [older, newer]
    }
}

#[cfg(test)]
mod tests {
    use super::Tail;

    #[test]
    fn the_tail_is_the_last_bytes_however_they_came() {
        let text: Vec<u8> = (0..=255).cycle().take(1000).collect();
        for ring in [0, 1, 7, 64, 999, 1000, 1001] {
            for piece in [1, 3, 64, 65, 1000] {
                let mut tail = Tail::reserve(ring).unwrap();
                tail.take_memory();
                text.chunks(piece).for_each(|bytes| tail.keep(bytes));
                let kept = ring.min(text.len());
                assert_eq!(tail.halves().concat(), text[text.len() - kept..], "ring {ring}, pieces of {piece}");
                assert_eq!(tail.dropped_bytes, (text.len() - kept) as u64);
            }
        }
    }
}

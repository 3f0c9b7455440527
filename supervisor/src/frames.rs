//! Frames: a length, a kind, a sequence number, a payload and a tag that only the two ends can make.

use std::io::{self, Read};

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::messages::StartHeader;

/// The largest payload of one frame, in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 1 << 20;
/// The largest value that a frame's length field may have: kind, sequence, payload and tag, with some room.
pub const LENGTH_MAX: usize = PAYLOAD_BYTES_MAX + 64;
/// The size of the key that the worker draws for each run.
pub const RUN_KEY_BYTES: usize = 32;
/// The size of the (truncated) HMAC-SHA-256 tag that ends each frame.
pub const TAG_BYTES: usize = 16;
/// What comes before the payload: length, kind, sequence.
pub const PREFIX_BYTES: usize = 4 + 1 + 8;
/// What a frame costs on the wire beyond its payload.
pub const OVERHEAD_BYTES: usize = PREFIX_BYTES + TAG_BYTES;
/// The only kind of frame that goes to the supervisor.
pub const START: u8 = 0x01;

/// The kinds of frames that the supervisor sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    Hello = 0x10,
    Started = 0x11,
    Stdout = 0x12,
    Stderr = 0x13,
    Output = 0x14,
    OutputRefused = 0x15,
    Cut = 0x16,
    Exit = 0x17,
    Failed = 0x18,
}

impl Kind {
    const ALL: [Self; 9] =
        [Self::Hello, Self::Started, Self::Stdout, Self::Stderr, Self::Output, Self::OutputRefused, Self::Cut, Self::Exit, Self::Failed];

    /// The kind with this byte on the wire.
    #[must_use]
    pub fn of_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// One frame from the supervisor whose sequence and tag were right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub kind: Kind,
    pub payload: Vec<u8>,
}

/// Numbers and tags frames. Without a key, the tags are zero.
#[derive(Debug, Default)]
pub struct Sealer {
    mac: Option<Hmac<Sha256>>,
    sequence: u64,
}

impl Sealer {
    /// From now on, tags are made with this key. The sequence goes on.
    pub fn key(&mut self, key: &[u8; RUN_KEY_BYTES]) {
        self.mac = Hmac::new_from_slice(key).ok();
    }

    /// Starts a frame whose payload will have `payload_bytes` bytes: what to send first, and what makes the tag.
    pub fn begin(&mut self, kind: Kind, payload_bytes: usize) -> ([u8; PREFIX_BYTES], Tagger) {
        let mut prefix = [0; PREFIX_BYTES];
        let length = u32::try_from(payload_bytes + OVERHEAD_BYTES - 4).unwrap_or(u32::MAX);
        prefix[..4].copy_from_slice(&length.to_be_bytes());
        prefix[4] = kind as u8;
        prefix[5..].copy_from_slice(&self.sequence.to_be_bytes());
        self.sequence += 1;
        let mut tagger = Tagger { mac: self.mac.clone() };
        tagger.update(&prefix[4..]);
        (prefix, tagger)
    }

    /// One whole frame.
    pub fn seal(&mut self, kind: Kind, payload: &[u8]) -> Vec<u8> {
        let (prefix, mut tagger) = self.begin(kind, payload.len());
        tagger.update(payload);
        [&prefix[..], payload, &tagger.finish()].concat()
    }
}

/// Makes one frame's tag while its payload passes by.
#[derive(Debug)]
pub struct Tagger {
    mac: Option<Hmac<Sha256>>,
}

impl Tagger {
    pub fn update(&mut self, bytes: &[u8]) {
        if let Some(mac) = &mut self.mac {
            mac.update(bytes);
        }
    }

    #[must_use]
    pub fn finish(self) -> [u8; TAG_BYTES] {
        let mut tag = [0; TAG_BYTES];
        if let Some(mac) = self.mac {
            tag.copy_from_slice(&mac.finalize().into_bytes()[..TAG_BYTES]);
        }
        tag
    }
}

/// Why a frame is refused.
#[derive(Debug)]
pub enum FrameError {
    Read(io::Error),
    Length(usize),
    Kind(u8),
    Sequence { expected: u64, got: u64 },
    Tag { sequence: u64 },
}

impl std::fmt::Display for FrameError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Read(_) => write!(f, "reading a frame"),
            Self::Length(length) => write!(f, "a frame cannot have the length {length}"),
            Self::Kind(byte) => write!(f, "no frame has the kind {byte:#04x}"),
            Self::Sequence { expected, got } => write!(f, "frame {got} came where {expected} was due"),
            Self::Tag { sequence } => write!(f, "frame {sequence} has a wrong tag"),
        }
    }
}

impl std::error::Error for FrameError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        if let Self::Read(error) = self { Some(error) } else { None }
    }
}

/// Reads the supervisor's frames and checks length, sequence and tag.
#[derive(Debug)]
pub struct Opener {
    sealer: Sealer,
}

impl Opener {
    /// `key` is the run key that `START` carries; `HELLO` comes with a zero tag.
    #[must_use]
    pub fn new(key: &[u8; RUN_KEY_BYTES]) -> Self {
        let mut sealer = Sealer::default();
        sealer.key(key);
        Self { sealer }
    }

    /// The next frame, or `None` at the end of the stream.
    ///
    /// # Errors
    /// When reading fails, the stream ends inside a frame, or the frame is not one that the supervisor sent.
    pub fn open(&mut self, from: &mut impl Read) -> Result<Option<Frame>, FrameError> {
        let mut length = [0; 4];
        match from.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(FrameError::Read(error)),
        }
        let length = u32::from_be_bytes(length) as usize;
        if !(OVERHEAD_BYTES - 4..=LENGTH_MAX).contains(&length) {
            return Err(FrameError::Length(length));
        }
        let mut body = vec![0; length];
        from.read_exact(&mut body).map_err(FrameError::Read)?;
        self.check(&body).map(Some)
    }

    fn check(&mut self, body: &[u8]) -> Result<Frame, FrameError> {
        let (payload, tag) = body[9..].split_at(body.len() - 9 - TAG_BYTES);
        let kind = Kind::of_byte(body[0]).ok_or(FrameError::Kind(body[0]))?;
        let expected = self.sealer.sequence;
        let got = body[1..9].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        if got != expected {
            return Err(FrameError::Sequence { expected, got });
        }
        let (_, mut tagger) = self.sealer.begin(kind, payload.len());
        tagger.update(payload);
        let due = if kind == Kind::Hello { [0; TAG_BYTES] } else { tagger.finish() };
        let difference = due.iter().zip(tag).fold(0, |sum, (ours, theirs)| sum | (ours ^ theirs));
        if difference != 0 {
            return Err(FrameError::Tag { sequence: got });
        }
        Ok(Frame { kind, payload: payload.to_vec() })
    }
}

/// The `START` frame.
///
/// # Errors
/// When header and input together do not fit a frame (4 GiB).
pub fn encode_start(key: &[u8; RUN_KEY_BYTES], header: &StartHeader, input: &[u8]) -> io::Result<Vec<u8>> {
    let header = serde_json::to_vec(header)?;
    let header_length = u32::try_from(header.len()).map_err(io::Error::other)?.to_be_bytes();
    let length = u32::try_from(1 + RUN_KEY_BYTES + 4 + header.len() + input.len()).map_err(io::Error::other)?;
    Ok([&length.to_be_bytes()[..], &[START], key, &header_length, &header, input].concat())
}

#[cfg(test)]
mod tests {
    use super::{FrameError, Kind, OVERHEAD_BYTES, Opener, Sealer};

    fn sealed(kind: Kind, payload: &[u8]) -> Vec<u8> {
        let mut sealer = Sealer::default();
        sealer.key(&[7; 32]);
        sealer.seal(kind, payload)
    }

    #[test]
    fn a_frame_opens_with_its_key_only() {
        let frame = sealed(Kind::Stdout, b"hello");
        assert_eq!(frame.len(), 5 + OVERHEAD_BYTES);
        let opened = Opener::new(&[7; 32]).open(&mut &frame[..]).unwrap().unwrap();
        assert_eq!((opened.kind, &opened.payload[..]), (Kind::Stdout, &b"hello"[..]));
        let refused = Opener::new(&[8; 32]).open(&mut &frame[..]);
        assert!(matches!(refused, Err(FrameError::Tag { sequence: 0 })));
    }

    #[test]
    fn every_byte_of_a_frame_is_under_its_tag() {
        let frame = sealed(Kind::Exit, b"{}");
        for place in 0..frame.len() {
            let mut forged = frame.clone();
            forged[place] ^= 1;
            assert!(Opener::new(&[7; 32]).open(&mut &forged[..]).is_err(), "byte {place}");
        }
    }

    #[test]
    fn a_frame_cannot_be_sent_twice() {
        let frame = sealed(Kind::Stdout, b"again");
        let twice = [frame.clone(), frame].concat();
        let mut stream = &twice[..];
        let mut opener = Opener::new(&[7; 32]);
        opener.open(&mut stream).unwrap();
        assert!(matches!(opener.open(&mut stream), Err(FrameError::Sequence { expected: 1, got: 0 })));
    }
}

//! The worker's half of the supervisor protocol (`docs/supervisor-protocol.md`): it encodes `START` and believes no byte that comes back
//! before length, sequence and tag are right.

use hmac::{Hmac, Mac};
use serde::{Serialize, de::DeserializeOwned};
use sha2::Sha256;

use super::report::{Cut, ExitReport, Hello, Refusal, Started};

/// The longest frame that is accepted.
const LENGTH_MAX: usize = (1 << 20) + 64;
const TAG_BYTES: usize = 16;
/// Type, sequence and tag: the shortest frame.
const LENGTH_MIN: usize = 1 + 8 + TAG_BYTES;
/// The largest answer that fits into one `OUTPUT` frame.
pub(super) const OUTPUT_BYTES_MAX: u32 = 1 << 20;

/// The secret of one run, known to the worker and the supervisor only.
pub(super) type RunKey = [u8; 32];

/// What the supervisor says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Frame {
    Hello(Box<Hello>),
    Started(Started),
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
    Output(Vec<u8>),
    OutputRefused(Refusal),
    Cut(Cut),
    Exit(ExitReport),
    Failed(Refusal),
}

/// Bytes that are no frame of our supervisor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum FrameError {
    #[error("a frame of {0} bytes, which is none of the protocol")]
    Length(usize),
    #[error("frame {got} where frame {due} was due")]
    Sequence { due: u64, got: u64 },
    #[error("frame {0} has a wrong tag")]
    Tag(u64),
    #[error("frame type {0:#04x} is unknown or out of place")]
    Kind(u8),
    #[error("frame type {kind:#04x} cannot be read: {reason}")]
    Payload { kind: u8, reason: String },
    #[error("the stream holds bytes that did not come from the container's standard output")]
    Stream,
}

/// Puts frames together from whatever pieces the engine delivers.
#[derive(Default)]
pub(super) struct Decoder {
    buffer: Vec<u8>,
    read: usize,
    next: u64,
    key: Option<RunKey>,
}

impl Decoder {
    /// From here on every frame must carry a tag of `key`.
    pub fn key(&mut self, key: RunKey) {
        self.key = Some(key);
    }

    pub fn push(&mut self, bytes: &[u8]) {
        if self.read > 0 {
            self.buffer.drain(..self.read);
            self.read = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame, or `None` when more bytes are needed.
    pub fn next(&mut self) -> Result<Option<Frame>, FrameError> {
        let rest = &self.buffer[self.read..];
        let Some((length, rest)) = rest.split_first_chunk::<4>() else { return Ok(None) };
        let length = u32::from_be_bytes(*length) as usize;
        if !(LENGTH_MIN..=LENGTH_MAX).contains(&length) {
            return Err(FrameError::Length(length));
        }
        if rest.len() < length {
            return Ok(None);
        }
        let (signed, tag) = rest[..length].split_at(length - TAG_BYTES);
        let (kind, sequence) = (signed[0], u64::from_be_bytes(*signed[1..].first_chunk().ok_or(FrameError::Length(length))?));
        if sequence != self.next {
            return Err(FrameError::Sequence { due: self.next, got: sequence });
        }
        match &self.key {
            Some(key) if !tag_is_right(key, signed, tag) => return Err(FrameError::Tag(sequence)),
            None if tag != [0; TAG_BYTES] => return Err(FrameError::Tag(sequence)),
            _ => {}
        }
        // HELLO is the only frame before the key, and comes never after it.
        if (kind == 0x10) == self.key.is_some() {
            return Err(FrameError::Kind(kind));
        }
        let frame = parse(kind, &signed[9..])?;
        self.next += 1;
        self.read += 4 + length;
        Ok(Some(frame))
    }
}

fn tag_is_right(key: &RunKey, signed: &[u8], tag: &[u8]) -> bool {
    Hmac::<Sha256>::new_from_slice(key).is_ok_and(|mut mac| {
        mac.update(signed);
        mac.verify_truncated_left(tag).is_ok()
    })
}

fn parse(kind: u8, payload: &[u8]) -> Result<Frame, FrameError> {
    fn json<T: DeserializeOwned>(kind: u8, payload: &[u8]) -> Result<T, FrameError> {
        serde_json::from_slice(payload).map_err(|error| FrameError::Payload { kind, reason: error.to_string() })
    }
    Ok(match kind {
        0x10 => Frame::Hello(json(kind, payload)?),
        0x11 => Frame::Started(json(kind, payload)?),
        0x12 => Frame::Stdout(payload.to_vec()),
        0x13 => Frame::Stderr(payload.to_vec()),
        0x14 => Frame::Output(payload.to_vec()),
        0x15 => Frame::OutputRefused(json(kind, payload)?),
        0x16 => Frame::Cut(json(kind, payload)?),
        0x17 => Frame::Exit(json(kind, payload)?),
        0x18 => Frame::Failed(json(kind, payload)?),
        other => return Err(FrameError::Kind(other)),
    })
}

/// What `START` tells the supervisor besides key and input.
#[derive(Debug, Clone, Serialize)]
pub(super) struct StartHeader<'a> {
    pub argv: &'a [String],
    pub cwd: &'a str,
    pub run_ms_max: u64,
    pub log_bytes_max: u64,
    pub log_flood_bytes_max: u64,
    pub output_bytes_max: u64,
    pub input_bytes_max: u64,
}

/// The `START` frame.
pub(super) fn start(key: &RunKey, header: &StartHeader<'_>, input: &[u8]) -> Vec<u8> {
    let header = serde_json::to_vec(header).unwrap_or_default();
    let length = 1 + key.len() + 4 + header.len() + input.len();
    let mut frame = Vec::with_capacity(4 + length);
    frame.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    frame.push(0x01);
    frame.extend_from_slice(key);
    frame.extend_from_slice(&u32::try_from(header.len()).unwrap_or(u32::MAX).to_be_bytes());
    frame.extend_from_slice(&header);
    frame.extend_from_slice(input);
    frame
}

#[cfg(test)]
mod tests {
    use supervisor::{
        frames::{Kind, Sealer},
        messages,
    };

    use super::{Decoder, Frame, FrameError, StartHeader, start};

    const KEY: [u8; 32] = [9; 32];

    fn spoken() -> (Vec<u8>, Sealer) {
        let mut sealer = Sealer::default();
        let hello = sealer.seal(Kind::Hello, br#"{"protocol": 1, "mounts": []}"#);
        sealer.key(&KEY);
        (hello, sealer)
    }

    fn greeted() -> (Decoder, Sealer) {
        let (hello, sealer) = spoken();
        let mut decoder = Decoder::default();
        decoder.push(&hello);
        assert!(matches!(decoder.next(), Ok(Some(Frame::Hello(hello))) if hello.protocol == 1));
        decoder.key(KEY);
        (decoder, sealer)
    }

    #[test]
    fn what_the_supervisor_seals_the_worker_reads_byte_by_byte() {
        let (mut decoder, mut sealer) = greeted();
        let said =
            [sealer.seal(Kind::Started, br#"{"pid": 2}"#), sealer.seal(Kind::Stdout, b"hello\n"), sealer.seal(Kind::Stderr, b"")].concat();
        let mut heard = Vec::new();
        for byte in said {
            decoder.push(&[byte]);
            heard.extend(decoder.next().unwrap());
        }
        assert!(
            matches!(&heard[..], [Frame::Started(_), Frame::Stdout(text), Frame::Stderr(none)] if text == b"hello\n" && none.is_empty())
        );
    }

    #[test]
    fn a_frame_with_one_wrong_bit_is_refused() {
        let (_, mut sealer) = spoken();
        let frame = sealer.seal(Kind::Stdout, b"{}");
        for place in 0..frame.len() {
            let (mut decoder, _) = greeted();
            let mut forged = frame.clone();
            forged[place] ^= 1;
            // A longer length waits for bytes that never come; everything else is an error.
            decoder.push(&forged);
            assert!(!matches!(decoder.next(), Ok(Some(_))), "byte {place}");
        }
    }

    #[test]
    fn a_frame_cannot_be_replayed_left_out_or_endless() {
        let (mut decoder, mut sealer) = greeted();
        let (one, _two, three) = (sealer.seal(Kind::Stdout, b"1"), sealer.seal(Kind::Stdout, b"2"), sealer.seal(Kind::Stdout, b"3"));
        decoder.push(&one);
        assert!(decoder.next().unwrap().is_some());
        decoder.push(&one);
        assert_eq!(decoder.next(), Err(FrameError::Sequence { due: 2, got: 1 }));
        let (mut decoder, _) = greeted();
        decoder.push(&three);
        assert_eq!(decoder.next(), Err(FrameError::Sequence { due: 1, got: 3 }));
        let (mut decoder, _) = greeted();
        decoder.push(&u32::MAX.to_be_bytes());
        assert_eq!(decoder.next(), Err(FrameError::Length(u32::MAX as usize)));
    }

    #[test]
    fn nothing_but_hello_comes_before_the_key_and_no_hello_after_it() {
        let mut decoder = Decoder::default();
        decoder.push(&Sealer::default().seal(Kind::Stdout, b"early"));
        assert_eq!(decoder.next(), Err(FrameError::Kind(0x12)));
        let (mut decoder, mut sealer) = greeted();
        decoder.push(&sealer.seal(Kind::Hello, br#"{"protocol": 1, "mounts": []}"#));
        assert!(decoder.next().is_err());
    }

    #[test]
    fn the_supervisor_reads_our_start() {
        let argv = ["/bin/agent".to_owned()];
        let header = StartHeader {
            argv: &argv,
            cwd: "/",
            run_ms_max: 1,
            log_bytes_max: 2,
            log_flood_bytes_max: 3,
            output_bytes_max: 4,
            input_bytes_max: 5,
        };
        let theirs = messages::StartHeader {
            argv: argv.to_vec(),
            cwd: "/".into(),
            run_ms_max: 1,
            log_bytes_max: 2,
            log_flood_bytes_max: 3,
            output_bytes_max: 4,
            input_bytes_max: 5,
        };
        assert_eq!(start(&KEY, &header, b"{}"), supervisor::frames::encode_start(&KEY, &theirs, b"{}").unwrap());
    }
}

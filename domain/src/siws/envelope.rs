//! Solana's off-chain message: a preamble that some wallets (Ledger devices, Phantom on phones) put before the text and sign along with it.
//!
//! Three forms are in use, and no bytes fit two of them: the text has no control characters, where the other forms have small numbers.
//! - the proposal's version 0: application domain (32 bytes), format, signers, length;
//! - the version 0 that Solana's own command line and the first Ledger firmware write: format and length;
//! - the proposal's version 1: signers, and the text to the end.

use entities::Address;

const SIGNING_DOMAIN: &[u8; 16] = b"\xffsolana offchain";
/// Restricted ASCII, limited UTF-8, extended UTF-8. What of it a sign-in message may hold, its own grammar says.
const FORMATS: std::ops::RangeInclusive<u8> = 0..=2;

/// Why signed bytes are no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    #[error("the signed bytes are not UTF-8")]
    NotText,
    #[error("the preamble of the off-chain message is cut off, of a version that is not known, or does not fit what follows")]
    Preamble,
    #[error("the off-chain message is signed by another account, or by more than one")]
    Signers,
}

/// The text inside of signed bytes, with or without the preamble.
///
/// # Errors
/// [`EnvelopeError`], also when the preamble names a signer other than `address`.
pub fn text_of<'a>(signed: &'a [u8], address: &Address) -> Result<&'a str, EnvelopeError> {
    let text = match signed.strip_prefix(SIGNING_DOMAIN) {
        None => signed,
        Some([0, rest @ ..]) => short_form(rest).map_or_else(|| long_form(rest, address), Ok)?,
        Some([1, rest @ ..]) => one_signer(rest, address)?,
        Some(_) => return Err(EnvelopeError::Preamble),
    };
    std::str::from_utf8(text).map_err(|_| EnvelopeError::NotText)
}

fn short_form(rest: &[u8]) -> Option<&[u8]> {
    let (format, rest) = rest.split_first()?;
    sized(rest).filter(|_| FORMATS.contains(format))
}

fn long_form<'a>(rest: &'a [u8], address: &Address) -> Result<&'a [u8], EnvelopeError> {
    let (_application, rest) = rest.split_at_checked(32).ok_or(EnvelopeError::Preamble)?;
    let (format, rest) = rest.split_first().ok_or(EnvelopeError::Preamble)?;
    if !FORMATS.contains(format) {
        return Err(EnvelopeError::Preamble);
    }
    sized(one_signer(rest, address)?).ok_or(EnvelopeError::Preamble)
}

/// Behind the count of signers and the signers: one, and it is the address.
fn one_signer<'a>(rest: &'a [u8], address: &Address) -> Result<&'a [u8], EnvelopeError> {
    let (count, rest) = rest.split_first().ok_or(EnvelopeError::Preamble)?;
    let rest = rest.strip_prefix(address.bytes().as_slice());
    rest.filter(|_| *count == 1).ok_or(EnvelopeError::Signers)
}

/// Behind a length that is exactly that of the rest (16 bits, little-endian).
fn sized(rest: &[u8]) -> Option<&[u8]> {
    let (length, text) = rest.split_first_chunk::<2>()?;
    (usize::from(u16::from_le_bytes(*length)) == text.len()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "example.com wants you";

    fn wrapped(version: u8, preamble: &[&[u8]], text: &str) -> Vec<u8> {
        [&SIGNING_DOMAIN[..], &[version], &preamble.concat(), text.as_bytes()].concat()
    }

    #[test]
    fn every_form_in_use_is_opened() {
        let address = Address::from_bytes([7; 32]);
        let length = u16::try_from(TEXT.len()).unwrap().to_le_bytes();
        assert_eq!(text_of(TEXT.as_bytes(), &address), Ok(TEXT));
        assert_eq!(text_of(&wrapped(0, &[&[1], &length], TEXT), &address), Ok(TEXT));
        assert_eq!(text_of(&wrapped(0, &[&[9; 32], &[1], &[1], &[7; 32], &length], TEXT), &address), Ok(TEXT));
        assert_eq!(text_of(&wrapped(1, &[&[1], &[7; 32]], TEXT), &address), Ok(TEXT));
    }

    #[test]
    fn a_preamble_that_does_not_fit_is_refused() {
        let address = Address::from_bytes([7; 32]);
        let (length, short) = (u16::try_from(TEXT.len()).unwrap().to_le_bytes(), [1, 0]);
        for (version, preamble) in [
            (0, vec![&[1][..], &short]),
            (0, vec![&[9; 32][..], &[3], &[1], &[7; 32], &length]),
            (0, vec![&[9; 32][..], &[1], &[1], &[8; 32], &length]),
            (0, vec![&[9; 32][..], &[1], &[2], &[7; 32], &[8; 32], &length]),
            (1, vec![&[0][..]]),
            (2, vec![&[1][..], &[7; 32]]),
        ] {
            assert!(text_of(&wrapped(version, &preamble, TEXT), &address).is_err(), "{version} {preamble:?}");
        }
        assert_eq!(text_of(&[b'a', 0xff], &address), Err(EnvelopeError::NotText));
    }
}

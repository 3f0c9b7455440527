//! The text of a key: `mp_sk_live_`, 30 letters and digits of chance (178 bits), and 6 that are the CRC-32 of everything before them, so
//! that a slip of the pen, or something that is no key at all, is known without looking anywhere.

use std::fmt;

use platform::Rng;
use zeroize::Zeroizing;

const PREFIX: &str = "mp_sk_live_";
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHANCE_CHARS: usize = 30;
const SUM_CHARS: usize = 6;
/// How much of the chance is shown in lists.
const SHOWN_CHARS: usize = 4;

/// The text of a key that may be one. It is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySecret(Zeroizing<String>);

impl KeySecret {
    pub(crate) fn new(rng: &dyn Rng) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + CHANCE_CHARS + SUM_CHARS));
        text.push_str(PREFIX);
        while text.len() < PREFIX.len() + CHANCE_CHARS {
            let mut bytes = Zeroizing::new([0; 32]);
            rng.fill(bytes.as_mut());
            // 248 = 4 · 62: every letter is as likely as any other.
            let letters = bytes.iter().filter(|byte| **byte < 248).map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
            let missing = PREFIX.len() + CHANCE_CHARS - text.len();
            text.extend(letters.take(missing));
        }
        let sum = sum_of(&text);
        text.push_str(&sum);
        Self(text)
    }

    /// Whether a text claims to be a key, well-formed or not.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// `None` when the text cannot be a key of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX)?;
        let fits = rest.len() == CHANCE_CHARS + SUM_CHARS && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let (body, sum) = text.split_at_checked(PREFIX.len() + CHANCE_CHARS).filter(|_| fits)?;
        (sum_of(body) == sum).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// For its holder, once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The beginning, by which people tell their keys apart.
    #[must_use]
    pub fn hint(&self) -> &str {
        self.0.get(..PREFIX.len() + SHOWN_CHARS).unwrap_or(PREFIX)
    }
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySecret({}…)", self.hint())
    }
}

/// The CRC-32 (ISO-HDLC) in the same 62 letters, the highest first.
fn sum_of(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut letters = [ALPHABET[0]; SUM_CHARS];
    for letter in letters.iter_mut().rev() {
        *letter = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    letters.map(char::from).iter().collect()
}

#[cfg(test)]
mod tests {
    use platform::SystemRng;

    use super::*;

    #[test]
    fn a_key_is_47_characters_and_reads_back() {
        let keys: Vec<_> = (0..100).map(|_| KeySecret::new(&SystemRng)).collect();
        for key in &keys {
            assert_eq!((key.reveal().len(), KeySecret::parse(key.reveal()).as_ref()), (47, Some(key)));
            assert!(!format!("{key:?}").contains(key.reveal()), "it is not printed");
        }
        assert!(keys.windows(2).all(|two| two[0] != two[1]));
    }

    #[test]
    fn a_slip_of_the_pen_is_no_key() {
        let key = KeySecret::new(&SystemRng);
        for at in 0..key.reveal().len() {
            let mut slip = key.reveal().as_bytes().to_vec();
            slip[at] = if slip[at] == b'x' { b'y' } else { b'x' };
            assert!(KeySecret::parse(std::str::from_utf8(&slip).unwrap_or_default()).is_none(), "character {at}");
        }
        let text = key.reveal();
        for wrong in
            ["", "mp_sk_live_", &text[..46], &format!("{text}0"), &text.to_uppercase(), &text.replace("live", "test"), &"é".repeat(23)]
        {
            assert!(KeySecret::parse(wrong).is_none(), "{wrong}");
        }
    }
}

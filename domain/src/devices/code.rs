//! The code that people type: eight consonants, so that it spells no word and nothing in it looks like something else (RFC 8628 § 6.1).

use std::fmt;
use std::str::FromStr;

use platform::Rng;

const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;

/// `WDJB-MJHT`: 34 bits. It is good for minutes, and nobody may try many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserCode(String);

impl UserCode {
    pub(super) fn new(rng: &dyn Rng) -> Self {
        let mut code = String::with_capacity(LENGTH);
        while code.len() < LENGTH {
            let mut bytes = [0; 16];
            rng.fill(&mut bytes);
            // 240 = 12 · 20: every letter is as likely as any other.
            let letters = bytes.iter().filter(|byte| **byte < 240).map(|byte| char::from(LETTERS[usize::from(byte % 20)]));
            code.extend(letters.take(LENGTH - code.len()));
        }
        Self(code)
    }

    pub(super) fn hash(&self) -> String {
        crate::sign_in::hash(&self.0)
    }
}

/// With a hyphen in the middle.
impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (head, tail) = self.0.split_at_checked(LENGTH / 2).unwrap_or((&self.0, ""));
        write!(f, "{head}-{tail}")
    }
}

/// A text that is no pairing code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a pairing code is eight letters, such as WDJB-MJHT")]
pub struct UserCodeError;

/// Case, hyphens and spaces say nothing.
impl FromStr for UserCode {
    type Err = UserCodeError;

    fn from_str(text: &str) -> Result<Self, UserCodeError> {
        let letters: String =
            text.chars().filter(|letter| !matches!(letter, '-' | ' ')).map(|letter| letter.to_ascii_uppercase()).collect();
        let fits = letters.len() == LENGTH && letters.bytes().all(|letter| LETTERS.contains(&letter));
        if fits { Ok(Self(letters)) } else { Err(UserCodeError) }
    }
}

#[cfg(test)]
mod tests {
    use platform::SystemRng;

    use super::*;

    #[test]
    fn a_code_is_read_as_people_write_it() {
        let code = UserCode::new(&SystemRng);
        let text = code.to_string();
        assert_eq!((text.len(), text.as_bytes()[4]), (9, b'-'));
        for spelling in [text.clone(), text.to_lowercase(), text.replace('-', ""), text.replace('-', " - ")] {
            assert_eq!(spelling.parse(), Ok(code.clone()));
        }
        for wrong in ["", "WDJB-MJH", "WDJB-MJHTT", "AEIO-UAEI", "WDJB-MJH0", "WDJB_MJHT"] {
            assert!(wrong.parse::<UserCode>().is_err(), "{wrong}");
        }
    }
}

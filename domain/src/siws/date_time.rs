//! `date-time` of RFC 3339 § 5.6. The text stays as it was written: it was signed.

use std::fmt;
use std::str::FromStr;

use entities::Timestamp;

/// A moment with its spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateTime {
    text: String,
    moment: Timestamp,
}

/// Not a `date-time`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a time is written as in RFC 3339, for example 2026-01-31T23:59:59Z")]
pub struct DateTimeError;

impl DateTime {
    #[must_use]
    pub fn moment(&self) -> Timestamp {
        self.moment
    }
}

/// To the millisecond, in UTC.
impl From<Timestamp> for DateTime {
    fn from(moment: Timestamp) -> Self {
        let moment = Timestamp::from_micros(moment.micros().div_euclid(1_000) * 1_000);
        let micros = moment.to_string();
        // `…:59.123000Z`: the last three digits of the second are zeros.
        let text = micros.strip_suffix("000Z").map_or(micros.clone(), |millis| format!("{millis}Z"));
        Self { text, moment }
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The grammar is narrower than what parsers take (a space for the `T`, a sign before the year), so its shape is checked first.
impl FromStr for DateTime {
    type Err = DateTimeError;

    fn from_str(text: &str) -> Result<Self, DateTimeError> {
        let bytes = text.as_bytes();
        let shape = b"dddd-dd-ddTdd:dd:dd";
        if bytes.len() < shape.len() + 1 || !shape.iter().zip(bytes).all(|(want, byte)| fits(*want, *byte)) {
            return Err(DateTimeError);
        }
        let mut rest = &bytes[shape.len()..];
        if let Some(fraction) = rest.strip_prefix(b".") {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            rest = &fraction[digits..];
            if digits == 0 {
                return Err(DateTimeError);
            }
        }
        let is_offset = match rest {
            [b'Z' | b'z'] => true,
            [b'+' | b'-', offset @ ..] => offset.len() == 5 && b"dd:dd".iter().zip(offset).all(|(want, byte)| fits(*want, *byte)),
            _ => false,
        };
        if !is_offset {
            return Err(DateTimeError);
        }
        let moment = text.to_ascii_uppercase().parse::<Timestamp>().map_err(|_| DateTimeError)?;
        Ok(Self { text: text.to_owned(), moment })
    }
}

fn fits(want: u8, byte: u8) -> bool {
    match want {
        b'd' => byte.is_ascii_digit(),
        b'T' => matches!(byte, b'T' | b't'),
        exact => byte == exact,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_what_the_grammar_says_and_keeps_its_spelling() {
        for good in ["2026-01-31T23:59:59Z", "2026-01-31t23:59:59.5z", "2026-01-31T23:59:59.123456789+05:30", "2026-06-30T23:59:60Z"] {
            assert_eq!(good.parse::<DateTime>().map(|time| time.to_string()).as_deref(), Ok(good));
        }
        for wrong in [
            "2026-01-31 23:59:59Z",
            "2026-01-31T23:59:59",
            "2026-01-31T23:59:59.Z",
            "2026-02-30T00:00:00Z",
            "2026-01-31T24:00:00Z",
            "+2026-01-31T23:59:59Z",
            "2026-01-31T23:59:59+0530",
            "2026-01-31T23:59:59Z ",
            "2026-1-31T23:59:59Z",
            "",
        ] {
            assert!(wrong.parse::<DateTime>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_we_write_has_milliseconds_and_reads_back() {
        let time = DateTime::from(Timestamp::from_micros(1_700_000_000_123_456));
        assert_eq!(time.to_string(), "2023-11-14T22:13:20.123Z");
        assert_eq!(time.to_string().parse(), Ok(time));
    }
}

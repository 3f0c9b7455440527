//! What stands in a mail.

use serde::{Deserialize, Serialize};

const SUBJECT_CHARS_MAX: usize = 200;
const TEXT_CHARS_MAX: usize = 50_000;

/// What stands in a mail: plain text, nothing that a mail program would take for more.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// Which letter it is, for those who look at the rows: `sign_in_code`.
    pub(super) name: &'static str,
    pub(super) content: Content,
}

/// The part that is sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Content {
    pub subject: String,
    pub text: String,
}

impl Letter {
    /// Names of agents and the like come from users: control characters become spaces, so that nobody writes a header of their own.
    #[must_use]
    pub fn new(name: &'static str, subject: &str, text: &str) -> Self {
        let subject = subject.chars().map(|c| if is_breaking(c) { ' ' } else { c }).take(SUBJECT_CHARS_MAX).collect::<String>();
        let text = text.replace("\r\n", "\n");
        let text = text.chars().map(|c| if is_breaking(c) && c != '\n' && c != '\t' { ' ' } else { c }).take(TEXT_CHARS_MAX).collect();
        Self { name, content: Content { subject: subject.trim().to_owned(), text } }
    }
}

/// Control characters, and the two separators that some programs take for the end of a line.
fn is_breaking(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Its name only: there may be a code in it.
impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Letter({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_writes_a_header_or_ends_a_line_unseen() {
        let letter = Letter::new("test", " Hello\r\nBcc: all@mail.example\u{2028}\0 ", "one\r\ntwo\rthree\0\u{1b}[1m\tend");
        assert_eq!(letter.content.subject, "Hello  Bcc: all@mail.example");
        assert_eq!(letter.content.text, "one\ntwo three  [1m\tend");
        assert_eq!(format!("{letter:?}"), "Letter(test)");
        assert_eq!(Letter::new("test", &"ä".repeat(300), "").content.subject.chars().count(), SUBJECT_CHARS_MAX);
    }
}

//! From a text to a message, by the grammar and nothing beside it. What parses is written back as the same text, byte for byte.

use std::str::FromStr;

use super::Message;
use super::grammar::{is_authority, is_nonce, is_request_id, is_statement, is_uri};

const GREETING: &str = " wants you to sign in with your Solana account:";
/// In the order in which they may stand.
const LABELS: [&str; 9] =
    ["URI:", "Version:", "Chain ID:", "Nonce:", "Issued At:", "Expiration Time:", "Not Before:", "Request ID:", "Resources:"];

/// Longest message that is read. The longest that a Ledger signs has 1,212 bytes.
pub const BYTES_MAX: usize = 4_096;

/// Why a text is no sign-in message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("the message has more than {BYTES_MAX} bytes")]
    TooLong,
    #[error("the message holds a control character other than the line feeds of its form")]
    ControlCharacter,
    #[error("the first line is not `<domain>{GREETING}`")]
    Greeting,
    #[error("the second line is not an address")]
    Address,
    #[error("the third line is not empty")]
    Blank,
    #[error("the statement is not one line of letters, digits, spaces and - . _ ~ : / ? # [ ] @ ! $ & ' ( ) * + , ; =")]
    Statement,
    #[error("the statement begins like a field")]
    StatementLikeField,
    #[error("`{0}` has no value that its grammar allows")]
    Value(&'static str),
    #[error("line {0} is no field, one that stood there before, or one out of its order")]
    Line(usize),
}

/// The lines that are left, and how many have been read.
struct Lines<'a> {
    rest: std::iter::Peekable<std::str::Split<'a, char>>,
    read: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a str> {
        self.read += 1;
        self.rest.next()
    }

    /// The value of the field, if it stands next.
    fn field(&mut self, label: &'static str) -> Option<&'a str> {
        let value = self.rest.peek()?.strip_prefix(label)?.strip_prefix(' ')?;
        self.next();
        Some(value)
    }

    /// The same for a value that has to be one of its kind.
    fn value<T>(&mut self, label: &'static str, read: impl Fn(&'a str) -> Option<T>) -> Result<Option<T>, ParseError> {
        let Some(text) = self.field(label) else { return Ok(None) };
        read(text).map(Some).ok_or(ParseError::Value(label.trim_end_matches(':')))
    }
}

impl FromStr for Message {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        if text.len() > BYTES_MAX {
            return Err(ParseError::TooLong);
        }
        if text.bytes().any(|byte| byte.is_ascii_control() && byte != b'\n') {
            return Err(ParseError::ControlCharacter);
        }
        let mut lines = Lines { rest: text.split('\n').peekable(), read: 0 };
        let domain = lines.next().and_then(|line| line.strip_suffix(GREETING)).filter(|domain| !domain.is_empty() && is_authority(domain));
        let domain = domain.ok_or(ParseError::Greeting)?;
        let address = lines.next().and_then(|line| line.parse().ok()).ok_or(ParseError::Address)?;
        let mut message = Self::new(domain, address);
        match lines.next() {
            None => return Ok(message),
            Some("") => {}
            Some(_) => return Err(ParseError::Blank),
        }
        message.statement = statement(&mut lines)?;
        if message.statement.is_some() {
            match lines.next() {
                None => return Ok(message),
                Some("") => {}
                Some(_) => return Err(ParseError::Line(lines.read)),
            }
        }
        fields(&mut message, &mut lines)?;
        match lines.next() {
            None => Ok(message),
            Some(_) => Err(ParseError::Line(lines.read)),
        }
    }
}

/// The line after the first blank one is the statement, unless it is the first field.
fn statement(lines: &mut Lines<'_>) -> Result<Option<String>, ParseError> {
    let Some(line) = lines.rest.peek().copied() else { return Ok(None) };
    let followed = lines.rest.clone().nth(1);
    let like_field = LABELS.iter().any(|label| line.starts_with(label));
    match (like_field, followed) {
        // A field has no blank line after it; a statement that looks like one would be read as what it is not.
        (true, Some("")) => Err(ParseError::StatementLikeField),
        (true, _) => Ok(None),
        (false, _) if is_statement(line) => {
            lines.next();
            Ok(Some(line.to_owned()))
        }
        (false, _) => Err(ParseError::Statement),
    }
}

fn fields(message: &mut Message, lines: &mut Lines<'_>) -> Result<(), ParseError> {
    let nothing_read = lines.read;
    let text = |fits: fn(&str) -> bool| move |text: &str| fits(text).then(|| text.to_owned());
    message.uri = lines.value(LABELS[0], text(is_uri))?;
    message.version = lines.value(LABELS[1], |text| (text == "1").then_some(()))?.is_some();
    message.chain_id = lines.value(LABELS[2], |text| Some((text.parse().ok()?, text.to_owned())))?;
    message.nonce = lines.value(LABELS[3], text(is_nonce))?;
    message.issued_at = lines.value(LABELS[4], |text| text.parse().ok())?;
    message.expiration_time = lines.value(LABELS[5], |text| text.parse().ok())?;
    message.not_before = lines.value(LABELS[6], |text| text.parse().ok())?;
    message.request_id = lines.value(LABELS[7], text(is_request_id))?;
    if lines.rest.next_if_eq(&LABELS[8]).is_some() {
        lines.read += 1;
        let mut resources = Vec::new();
        while let Some(uri) = lines.rest.peek().and_then(|line| line.strip_prefix("- ")) {
            lines.next();
            resources.push(Some(uri).filter(|uri| is_uri(uri)).ok_or(ParseError::Value("Resources"))?.to_owned());
        }
        message.resources = Some(resources);
    }
    // The blank line before the fields is there for a field.
    if lines.read == nothing_read { Err(ParseError::Line(lines.read + 1)) } else { Ok(()) }
}

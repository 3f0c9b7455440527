//! The sign-in message against its published grammar: the parser and a regular expression, written apart from each other from the ABNF,
//! have to agree on tens of thousands of texts that are almost messages.

use std::sync::LazyLock;

use domain::entities::{Address, Timestamp};
use domain::siws::{Chain, DateTime, Message};
use regex::Regex;

const SEED: u64 = 0x7369_7773_2026;
const MESSAGES: usize = 600;
const MUTATIONS: usize = 30;

/// The ABNF, rule by rule; where a line may be statement or field, it is a field. What the house refuses beyond it stands in [`house_refuses`].
static GRAMMAR: LazyLock<Regex> = LazyLock::new(|| {
    let pct = "%[0-9A-Fa-f]{2}";
    let pchar = format!(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|{pct})");
    let reg_name = format!(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=]|{pct})*");
    let userinfo = format!(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:]|{pct})*");
    let authority = format!(r"(?:{userinfo}@)?{reg_name}(?::[0-9]*)?");
    let hierarchy = format!("(?://{authority}(?:/{pchar}*)*|/(?:{pchar}+(?:/{pchar}*)*)?|{pchar}+(?:/{pchar}*)*|)");
    let uri = format!(r"[A-Za-z][A-Za-z0-9+\-.]*:{hierarchy}(?:\?(?:{pchar}|[/?])*)?(?:\#(?:{pchar}|[/?])*)?");
    let chain = "(?:mainnet|testnet|devnet|localnet|solana:mainnet|solana:testnet|solana:devnet)";
    let date_time = |name: &str| {
        format!(
            r"(?P<{name}>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[Tt][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{{2}}:[0-9]{{2}}))"
        )
    };
    let text = format!(
        r"\A(?P<domain>{authority}) wants you to sign in with your Solana account:\n(?P<address>[1-9A-HJ-NP-Za-km-z]{{32,44}})(?:\n\n(?P<statement>[A-Za-z0-9\-._~:/?\#\[\]@!$&'()*+,;= ]+))??(?:\n(?P<fields>(?:\nURI: {uri})?(?:\nVersion: 1)?(?:\nChain\ ID: {chain})?(?:\nNonce: [A-Za-z0-9]{{8,}})?(?:\nIssued\ At: {issued})?(?:\nExpiration\ Time: {expires})?(?:\nNot\ Before: {starts})?(?:\nRequest\ ID: {pchar}*)?(?:\nResources:(?:\n-\ {uri})*)?))?\z",
        issued = date_time("issued"),
        expires = date_time("expires"),
        starts = date_time("starts"),
    );
    Regex::new(&text).unwrap()
});

fn is_message(text: &str) -> bool {
    let Some(found) = GRAMMAR.captures(text) else { return false };
    let is_moment = |name| found.name(name).is_none_or(|time| time.as_str().to_ascii_uppercase().parse::<Timestamp>().is_ok());
    let is_address = found["address"].parse::<Address>().is_ok();
    is_address && ["issued", "expires", "starts"].into_iter().all(is_moment) && !house_refuses(&found)
}

/// An empty domain, the empty line of fields that are not there, and a statement that begins like a field.
fn house_refuses(found: &regex::Captures<'_>) -> bool {
    const LABELS: [&str; 9] =
        ["URI:", "Version:", "Chain ID:", "Nonce:", "Issued At:", "Expiration Time:", "Not Before:", "Request ID:", "Resources:"];
    let field_like = found.name("statement").is_some_and(|statement| LABELS.iter().any(|label| statement.as_str().starts_with(label)));
    found["domain"].is_empty() || field_like || found.name("fields").is_some_and(|fields| fields.as_str().is_empty())
}

/// A small generator of our own: the same texts on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    fn of<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.roll(choices.len())]
    }

    fn perhaps<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.roll(3) > 0).then(|| make(self))
    }

    fn moment(&mut self) -> DateTime {
        match self.roll(4) {
            0 => "2026-01-31T23:59:59.25+05:30".parse().unwrap(),
            1 => "2026-01-31t23:59:59z".parse().unwrap(),
            _ => DateTime::from(Timestamp::from_micros(i64::try_from(self.roll(2_000_000_000)).unwrap() * 1_000_007)),
        }
    }

    fn message(&mut self) -> Message {
        let uris = ["https://tallyman.example", "http://127.0.0.1:8080/a%20b?c=d#e", "urn:a:b", "mailto:a@b.c", "solana:x"];
        let domain = self.of(&["tallyman.example", "127.0.0.1:8080", "a.b:1", "me@host"]);
        let mut key = [0; 32];
        for byte in &mut key {
            *byte = u8::try_from(self.roll(256)).unwrap();
        }
        let chains = ["mainnet", "testnet", "devnet", "localnet", "solana:mainnet", "solana:testnet", "solana:devnet"];
        Message {
            statement: self.perhaps(|dice| dice.of(&["Sign in, please.", "I agree: yes?", "a", " ", "-"]).to_owned()),
            uri: self.perhaps(|dice| dice.of(&uris).to_owned()),
            version: self.roll(3) > 0,
            chain_id: self.perhaps(|dice| dice.of(&chains)).map(|name| (name.parse::<Chain>().unwrap(), name.to_owned())),
            nonce: self.perhaps(|dice| dice.of(&["abcdefgh", "0123456789ABCDEFghij"]).to_owned()),
            issued_at: self.perhaps(Self::moment),
            expiration_time: self.perhaps(Self::moment),
            not_before: self.perhaps(Self::moment),
            request_id: self.perhaps(|dice| dice.of(&["", "req-1", "%41:@"]).to_owned()),
            resources: self.perhaps(|dice| (0..dice.roll(3)).map(|_| dice.of(&uris).to_owned()).collect()),
            ..Message::new(domain, Address::from_bytes(key))
        }
    }

    /// One small change, of the kinds that fool parsers.
    fn mutate(&mut self, text: &str) -> String {
        let mut letters: Vec<char> = text.chars().collect();
        let mut lines: Vec<&str> = text.split('\n').collect();
        let (at, line) = (self.roll(letters.len()), self.roll(lines.len()));
        let strange = ['\n', '\r', '\0', '\t', ' ', ':', '/', '#', '?', '%', '"', '1', 'Z', 'é', '\u{200b}', '\u{7f}', '-', 'O', '@'];
        match self.roll(9) {
            0 => letters.insert(at, strange[self.roll(strange.len())]),
            1 => letters[at] = strange[self.roll(strange.len())],
            2 => drop(letters.remove(at)),
            3 => letters.truncate(at),
            4 => letters.extend(
                self.of(&["\n", "\n\n", "\nURI: https://evil.example", "\r\n", " ", "\n- https://a.b", "\nNonce: abcdefgh"]).chars(),
            ),
            5 => {
                let other = self.roll(lines.len());
                lines.swap(line, other);
                return lines.join("\n");
            }
            6 => {
                lines.insert(line, lines[self.roll(lines.len())]);
                return lines.join("\n");
            }
            7 => {
                lines.remove(line);
                return lines.join("\n");
            }
            _ => {
                let fields = ["URI: https://evil.example", "Nonce: abcdefgh", "Version: 1", "Resources:", "Request ID:", ""];
                lines.insert(line, self.of(&fields));
                return lines.join("\n");
            }
        }
        letters.into_iter().collect()
    }
}

#[test]
fn the_parser_takes_what_the_grammar_takes_and_writes_it_back_the_same() {
    let (mut dice, mut seen, mut taken) = (Dice(SEED), 0, 0);
    for _ in 0..MESSAGES {
        let message = dice.message();
        let mut text = message.to_string();
        assert_eq!(text.parse().as_ref(), Ok(&message), "{text:?}");
        for step in 0..MUTATIONS {
            // Most changes are to a message; some are to what an earlier change has left.
            let changed = if step % 3 == 0 { dice.mutate(&text) } else { dice.mutate(&message.to_string()) };
            let parsed = changed.parse::<Message>();
            assert_eq!(parsed.is_ok(), is_message(&changed), "{changed:?} {parsed:?}");
            if let Ok(parsed) = parsed {
                assert_eq!(parsed.to_string(), changed, "what was signed is what was read");
                taken += 1;
            }
            text = if changed.is_empty() { message.to_string() } else { changed };
            seen += 1;
        }
    }
    assert!(seen >= 10_000, "{seen} mutations");
    assert!(taken > seen / 50, "the changes leave some messages whole: {taken} of {seen}");
}

/// The two templates of the specification.
#[test]
fn the_published_templates_are_messages() {
    let minimal = "example.com wants you to sign in with your Solana account:\nFYpB58cLw5cwiN763ayB2sFT8HLF2MRUBbbyRgHYiRpK";
    assert_eq!(minimal.parse::<Message>().map(|message| message.to_string()).as_deref(), Ok(minimal));
    let maximal = "example.com wants you to sign in with your Solana account:
FYpB58cLw5cwiN763ayB2sFT8HLF2MRUBbbyRgHYiRpK

Clicking Sign or Approve only means you have proved this wallet is owned by you.

URI: https://example.com
Version: 1
Chain ID: mainnet
Nonce: oBbLoEldZs
Issued At: 2026-01-31T10:00:00.000Z
Expiration Time: 2026-01-31T10:05:00.000Z
Not Before: 2026-01-31T09:00:00.000Z
Request ID: 7
Resources:
- https://example.com
- https://phantom.app/";
    let message: Message = maximal.parse().unwrap();
    assert_eq!(message.to_string(), maximal);
    assert_eq!((message.nonce.as_deref(), message.resources.map(|all| all.len())), (Some("oBbLoEldZs"), Some(2)));
}

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    let with = |rest: &str| {
        let text = format!("a.b wants you to sign in with your Solana account:\nFYpB58cLw5cwiN763ayB2sFT8HLF2MRUBbbyRgHYiRpK{rest}");
        text.parse::<Message>().map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(with("\n\nhello\n\nNonce: abcdefgh"), Ok(()));
    for wrong in [
        "\n\nURI: https://a.b\n\nNonce: abcdefgh",
        "\n\nNonce: abcdefgh\nNonce: abcdefgi",
        "\n\nNonce: abcdefgh\nVersion: 1",
        "\n\nhello\r\n\nNonce: abcdefgh",
        "\n\nhel\0lo\n\nNonce: abcdefgh",
        "\n\nNonce: abcdefgh\n",
        "\n\nNonce: abcdefgh\nresources:",
        "\n\nhello\n\nNonce: abcdefgh\n\n",
        "\n\nhello\nNonce: abcdefgh",
        "\nNonce: abcdefgh",
        "\n\nnonce: abcdefgh\nVersion: 1",
        "\n\nNonce: short",
        "\n\nVersion: 2",
        "\n\nChain ID: solana:localnet",
        "\n",
        "\n\n",
    ] {
        assert!(with(wrong).is_err(), "{wrong:?}");
    }
}

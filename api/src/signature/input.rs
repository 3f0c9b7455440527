//! `Signature-Input` and `Signature`: structured fields (RFC 9651) that say what was signed, and how.

use domain::entities::Timestamp;
use sfv::{BareItem, Dictionary, FieldType as _, InnerList, ListEntry, Parser};

use super::ALGORITHM;
use super::base::COVERED;

const NONCE_CHARS: std::ops::RangeInclusive<usize> = 16..=128;

/// What a request says about its signature.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    pub components: Vec<String>,
    /// The components with their parameters, exactly as they were signed.
    pub parameters: String,
    pub key_id: String,
    pub created: Timestamp,
    pub expires: Option<Timestamp>,
    pub nonce: String,
    pub signature: [u8; 64],
}

impl Input {
    /// # Errors
    /// What is wrong, in words.
    pub fn read(input: &str, signature: &str) -> Result<Self, &'static str> {
        let inputs = Parser::new(input).parse::<Dictionary>().map_err(|_| "`Signature-Input` is no dictionary of structured fields")?;
        let signatures = Parser::new(signature).parse::<Dictionary>().map_err(|_| "`Signature` is no dictionary of structured fields")?;
        let (1, 1) = (inputs.len(), signatures.len()) else { return Err("there has to be one signature, and no more") };
        let (label, entry) = inputs.first().ok_or("there is no signature")?;
        let ListEntry::InnerList(list) = entry else { return Err("`Signature-Input` lists no components") };
        let signature = match signatures.get(label) {
            Some(ListEntry::Item(item)) => item.bare_item.as_byte_sequence().ok_or("`Signature` holds no bytes")?,
            _ => return Err("`Signature` has another label than `Signature-Input`"),
        };
        let read = Self {
            components: components(list)?,
            parameters: vec![ListEntry::InnerList(list.clone())].serialize().ok_or("`Signature-Input` lists no components")?,
            key_id: text(list, "keyid")?.ok_or("`keyid` is missing")?,
            created: moment(list, "created")?.ok_or("`created` is missing")?,
            expires: moment(list, "expires")?,
            nonce: text(list, "nonce")?.ok_or("`nonce` is missing")?,
            signature: signature.try_into().map_err(|_| "the signature has not 64 bytes")?,
        };
        if text(list, "alg")?.is_some_and(|algorithm| algorithm != ALGORITHM) {
            return Err("`alg` is not ed25519");
        }
        if !NONCE_CHARS.contains(&read.nonce.len()) {
            return Err("`nonce` has not 16 to 128 characters");
        }
        Ok(read)
    }
}

/// Each once, without parameters, and none missing that has to be there.
fn components(list: &InnerList) -> Result<Vec<String>, &'static str> {
    let plain =
        list.items.iter().map(|item| item.bare_item.as_string().filter(|_| item.params.is_empty()).map(|name| name.as_str().to_owned()));
    let names: Vec<String> = plain.collect::<Option<_>>().ok_or("a component has parameters, or is no string")?;
    if COVERED.iter().any(|must| !names.iter().any(|name| name == must)) {
        return Err("the signature does not cover \"@method\", \"@authority\", \"@path\" and \"@query\"");
    }
    if names.iter().enumerate().any(|(at, name)| names[..at].contains(name)) {
        return Err("a component is there twice");
    }
    Ok(names)
}

fn text(list: &InnerList, name: &str) -> Result<Option<String>, &'static str> {
    match list.params.get(name) {
        None => Ok(None),
        Some(BareItem::String(text)) => Ok(Some(text.as_str().to_owned())),
        Some(_) => Err("`keyid`, `nonce` and `alg` are strings"),
    }
}

fn moment(list: &InnerList, name: &str) -> Result<Option<Timestamp>, &'static str> {
    match list.params.get(name) {
        None => Ok(None),
        Some(BareItem::Integer(seconds)) => Ok(Some(Timestamp::from_micros(i64::from(*seconds).saturating_mul(1_000_000)))),
        Some(_) => Err("`created` and `expires` are whole seconds since 1970"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::base::Parts;
    use super::*;

    const SIGNATURE: &str = "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:";

    fn read(input: &str) -> Result<Input, &'static str> {
        Input::read(input, &SIGNATURE.replace("sig-b26", "s"))
    }

    #[test]
    fn what_was_signed_is_written_as_it_was() {
        let parameters = r#"("@method" "@authority" "@path" "@query" "content-digest");created=1618884473;keyid="k";nonce="0123456789abcdef";alg="ed25519""#;
        let input = read(&format!("s={parameters}")).unwrap();
        assert_eq!((input.parameters.as_str(), input.key_id.as_str(), input.expires), (parameters, "k", None));
        let parts = Parts { method: "POST", authority: "a", path: "/p", query: "", content_digest: Some("d") };
        let base = parts.base(&input.components, &input.parameters).unwrap();
        let lines = "\"@method\": POST\n\"@authority\": a\n\"@path\": /p\n\"@query\": ?\n\"content-digest\": d\n\"@signature-params\": ";
        assert_eq!(base, format!("{lines}{parameters}"));
        assert_eq!(Parts { content_digest: None, ..parts }.base(&input.components, ""), None, "what is not there cannot be signed");
    }

    /// RFC 9421 § B.2.6, with the parts that we know.
    #[test]
    fn the_example_of_the_standard_is_built_and_verified() {
        use ed25519_dalek::pkcs8::DecodePublicKey as _;
        let key = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----\n";
        let key = ed25519_dalek::VerifyingKey::from_public_key_pem(key).unwrap();
        let base = "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n\"@authority\": example.com\n\"content-type\": application/json\n\"content-length\": 18\n\"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\");created=1618884473;keyid=\"test-key-ed25519\"";
        let signatures = Parser::new(SIGNATURE).parse::<Dictionary>().unwrap();
        let Some(ListEntry::Item(item)) = signatures.get("sig-b26") else { panic!("a signature") };
        let bytes: [u8; 64] = item.bare_item.as_byte_sequence().unwrap().try_into().unwrap();
        key.verify_strict(base.as_bytes(), &ed25519_dalek::Signature::from_bytes(&bytes)).unwrap();
        let parts = Parts { method: "POST", authority: "example.com", path: "/foo", query: "", content_digest: None };
        let ours = parts.base(&["@method".into(), "@path".into(), "@authority".into()], "").unwrap();
        assert!(ours.lines().take(3).all(|line| base.contains(line)), "{ours}");
    }

    #[test]
    fn what_leaves_something_open_is_refused() {
        let all = r#""@method" "@authority" "@path" "@query""#;
        let rest = r#"created=1;keyid="k";nonce="0123456789abcdef""#;
        assert!(read(&format!("s=({all});{rest}")).is_ok());
        for wrong in [
            String::new(),
            "s".into(),
            format!("s=({all})"),
            format!("t=({all});{rest}"),
            format!("s=({all});{rest}, t=({all});{rest}"),
            format!(r#"s=("@method" "@path" "@query");{rest}"#),
            format!(r#"s=({all} "@path");{rest}"#),
            format!(r#"s=({all} "@path";req);{rest}"#),
            format!("s=({all} x);{rest}"),
            format!(r#"s=({all});{rest};alg="rsa-pss-sha512""#),
            format!("s=({all});{}", rest.replace("created=1;", "")),
            format!("s=({all});{}", rest.replace("created=1", "created=\"1\"")),
            format!("s=({all});{}", rest.replace("0123456789abcdef", "short")),
        ] {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
    }
}

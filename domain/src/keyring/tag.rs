//! Tags of short texts: whoever has the rows and not the secret can neither guess the text nor make a tag of another.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::seal::Key;

pub fn tag(version: u32, key: &Key, text: &str) -> String {
    format!("v{version}:{}", hex::encode(mac(key, text).finalize().into_bytes()))
}

/// The version of the secret that the tag was made with.
pub fn version(tag: &str) -> Option<u32> {
    tag.strip_prefix('v')?.split_once(':')?.0.parse().ok()
}

/// Compared in the same time wherever they differ.
pub fn fits(version: u32, key: &Key, text: &str, tag: &str) -> bool {
    let digits = tag.strip_prefix(&format!("v{version}:")).unwrap_or_default();
    mac(key, text).verify_slice(&hex::decode(digits).unwrap_or_default()).is_ok()
}

fn mac(key: &Key, text: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_slice()).unwrap_or_else(|_| unreachable!("HMAC takes keys of every length"));
    mac.update(text.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::super::Purpose;
    use super::super::seal::derive;
    use super::*;

    #[test]
    fn a_tag_fits_its_text_and_its_key_and_nothing_else() {
        let key = derive(Purpose::OtpCode, b"a secret");
        let made = tag(1, &key, "otp_1|123456");
        assert_eq!(version(&made), Some(1));
        assert!(fits(1, &key, "otp_1|123456", &made));
        assert!(!fits(1, &key, "otp_1|123457", &made) && !fits(2, &key, "otp_1|123456", &made));
        assert!(!fits(1, &derive(Purpose::OtpCode, b"another secret"), "otp_1|123456", &made));
        for wrong in ["", "v1:", "v1:00", "123456", &made[..made.len() - 1], made.trim_start_matches("v1:")] {
            assert!(!fits(1, &key, "otp_1|123456", wrong), "{wrong}");
        }
    }
}

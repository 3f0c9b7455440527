//! One public key of a provider (RFC 7517), with the one algorithm that it is for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

/// 2,048 bits; what is shorter is broken.
const MODULUS_BYTES_MIN: usize = 256;

/// A key as it is published.
#[derive(Debug, Clone, Deserialize)]
pub struct Jwk {
    kid: Option<String>,
    kty: String,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// A key that checks signatures of one algorithm and of no other, whatever a token says (RFC 8725 § 3.1).
#[derive(Clone)]
pub struct ProviderKey {
    pub kid: String,
    pub algorithm: Algorithm,
    pub decoding: DecodingKey,
}

impl ProviderKey {
    /// `None` for keys that are for something else, of another kind, or too weak.
    pub fn of(jwk: &Jwk) -> Option<Self> {
        let kid = jwk.kid.clone()?;
        let (algorithm, name, decoding) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => (Algorithm::RS256, "RS256", rsa(jwk)?),
            ("EC", Some("P-256")) => {
                let decoding = DecodingKey::from_ec_components(jwk.x.as_deref()?, jwk.y.as_deref()?).ok()?;
                (Algorithm::ES256, "ES256", decoding)
            }
            _ => return None,
        };
        let fits = jwk.alg.as_deref().is_none_or(|alg| alg == name) && jwk.purpose.as_deref().is_none_or(|purpose| purpose == "sig");
        fits.then_some(Self { kid, algorithm, decoding })
    }
}

fn rsa(jwk: &Jwk) -> Option<DecodingKey> {
    let (n, e) = (jwk.n.as_deref()?, jwk.e.as_deref()?);
    let modulus = URL_SAFE_NO_PAD.decode(n).ok()?;
    let bytes = modulus.iter().skip_while(|byte| **byte == 0).count();
    if bytes < MODULUS_BYTES_MIN { None } else { DecodingKey::from_rsa_components(n, e).ok() }
}

//! An identity provider in memory, with real keys: what it publishes, and the tokens that it signs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ports::http_out::{HttpAnswer, HttpOut, HttpOutError, HttpRequest};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use p256::pkcs8::EncodePrivateKey as _;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use serde_json::{Value, json};

pub const ISSUER: &str = "https://issuer.example";

/// A key pair of the provider's.
pub struct Key {
    pub kid: String,
    pub jwk: Value,
    algorithm: Algorithm,
    encoding: EncodingKey,
}

impl Key {
    /// On the curve P-256; the same number is the same key.
    pub fn es256(number: u8) -> Self {
        let secret = p256::SecretKey::from_slice(&[number; 32]).unwrap();
        let point = secret.public_key().to_encoded_point(false);
        let kid = format!("es-{number}");
        let (x, y) = (URL_SAFE_NO_PAD.encode(point.x().unwrap()), URL_SAFE_NO_PAD.encode(point.y().unwrap()));
        let jwk = json!({ "kid": kid, "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "x": x, "y": y });
        Self { kid, jwk, algorithm: Algorithm::ES256, encoding: EncodingKey::from_ec_der(secret.to_pkcs8_der().unwrap().as_bytes()) }
    }

    pub fn rs256(bits: usize) -> Self {
        let secret = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, bits).unwrap();
        let (n, e) = (URL_SAFE_NO_PAD.encode(secret.n().to_bytes_be()), URL_SAFE_NO_PAD.encode(secret.e().to_bytes_be()));
        let kid = format!("rs-{bits}");
        let jwk = json!({ "kid": kid, "kty": "RSA", "alg": "RS256", "use": "sig", "n": n, "e": e });
        Self { kid, jwk, algorithm: Algorithm::RS256, encoding: EncodingKey::from_rsa_der(secret.to_pkcs1_der().unwrap().as_bytes()) }
    }

    pub fn signs(&self, claims: &Value) -> String {
        self.signs_as(&self.kid, claims)
    }

    /// Says that another key has signed.
    pub fn signs_as(&self, kid: &str, claims: &Value) -> String {
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(self.algorithm) };
        jsonwebtoken::encode(&header, claims, &self.encoding).unwrap()
    }
}

/// What the provider says just now.
pub struct Said {
    pub keys: Vec<Value>,
    pub issuer: String,
    pub cache_control: String,
    /// Answered instead of everything.
    pub status: u16,
    pub is_away: bool,
    /// How often somebody has asked for the keys.
    pub asked: u32,
}

/// The way to the provider, and the provider.
#[derive(Clone)]
pub struct Provider(Arc<Mutex<Said>>);

impl Provider {
    pub fn of(keys: &[&Key]) -> Self {
        let keys = keys.iter().map(|key| key.jwk.clone()).collect();
        let said =
            Said { keys, issuer: ISSUER.into(), cache_control: "public, max-age=3600".into(), status: 200, is_away: false, asked: 0 };
        Self(Arc::new(Mutex::new(said)))
    }

    pub fn said(&self) -> MutexGuard<'_, Said> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl HttpOut for Provider {
    fn check(&self, _: &str) -> Result<(), HttpOutError> {
        Ok(())
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpAnswer, HttpOutError> {
        let mut said = self.said();
        if said.is_away {
            said.asked += u32::from(request.url.ends_with("/.well-known/openid-configuration"));
            return Err(HttpOutError::Unavailable { reason: "as the story says".into() });
        }
        let document = if request.url == format!("{ISSUER}/.well-known/openid-configuration") {
            said.asked += 1;
            json!({ "issuer": said.issuer, "jwks_uri": "https://keys.example/jwks", "response_types_supported": ["id_token"] })
        } else {
            assert_eq!(request.url, "https://keys.example/jwks");
            json!({ "keys": said.keys })
        };
        let headers = vec![("cache-control".into(), said.cache_control.clone())];
        Ok(HttpAnswer { status: said.status, headers, body: document.to_string().into_bytes(), is_whole: true })
    }
}

/// A token that nobody has signed.
pub fn unsigned(kid: &str, claims: &Value) -> String {
    let [header, claims] = [&json!({ "alg": "none", "kid": kid }), claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{header}.{claims}.")
}

/// A token that whoever knows the text can sign.
pub fn hs256(kid: &str, known: &str, claims: &Value) -> String {
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(known.as_bytes())).unwrap()
}

/// The other signature that is as good for the same text and key: (r, n − s).
pub fn other_spelling(signature: &str) -> String {
    let signature = p256::ecdsa::Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let (r, s) = signature.split_scalars();
    let other = p256::ecdsa::Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).unwrap();
    URL_SAFE_NO_PAD.encode(other.to_bytes())
}

//! `/.well-known/jwks.json`: the public keys by which others check our access tokens (RFC 7517, RFC 8037).

use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use crate::App;
use crate::auth::PublicKey;
use crate::problem::Problem;
use crate::v1::Tag;

/// How long whoever checks tokens may go without asking again. A staged key has to be out for longer before it signs.
const CACHE_CONTROL: &str = "public, max-age=300";

pub struct KeySetApi {
    pub app: App,
}

/// One public key.
#[derive(Debug, Object)]
struct Jwk {
    /// Always `OKP`.
    kty: String,
    /// Always `Ed25519`.
    crv: String,
    /// The key, base64url without padding.
    x: String,
    /// The name by which tokens call it: its thumbprint (RFC 7638).
    kid: String,
    /// Always `EdDSA`.
    alg: String,
    /// Always `sig`.
    #[oai(rename = "use")]
    purpose: String,
}

/// The keys whose tokens are good: the one that signs first, then the next one and the one before.
#[derive(Debug, Object)]
struct JwkSet {
    keys: Vec<Jwk>,
}

#[derive(ApiResponse)]
enum Published {
    /// The keys.
    #[oai(status = 200)]
    Keys(
        Json<JwkSet>,
        /// How long they may be kept.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

impl From<&PublicKey> for Jwk {
    fn from(key: &PublicKey) -> Self {
        Self {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            x: key.x().to_owned(),
            kid: key.kid().to_owned(),
            alg: "EdDSA".into(),
            purpose: "sig".into(),
        }
    }
}

#[OpenApi(tag = "Tag::Auth")]
impl KeySetApi {
    /// The keys that sign access tokens
    ///
    /// For services that check tokens themselves. Ask again when a token names a key that is not among them.
    #[oai(path = "/.well-known/jwks.json", method = "get", operation_id = "listSigningKeys")]
    #[expect(clippy::unused_async, reason = "poem-openapi awaits every operation")]
    async fn keys(&self) -> Result<Published, Problem> {
        let keys = self.app.tokens.accepted().iter().map(Jwk::from).collect();
        Ok(Published::Keys(Json(JwkSet { keys }), CACHE_CONTROL.into()))
    }
}

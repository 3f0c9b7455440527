//! A value that only the keyring can read.

/// `tk:<purpose>:v<N>:<base64(nonce‖ciphertext‖tag)>`. `domain::keyring` seals and opens it; everybody else carries it.
#[derive(Clone, PartialEq, Eq, sea_orm::DeriveValueType)]
pub struct Sealed(String);

impl Sealed {
    /// A text that is of this form, or was stored as one.
    #[must_use]
    pub fn from_text(text: String) -> Self {
        Self(text)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Purpose and version; the rest helps nobody.
impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let head = self.0.rsplit_once(':').map_or("", |(head, _)| head);
        write!(f, "{head}:…")
    }
}

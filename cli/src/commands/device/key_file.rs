//! The key pair of a device: a file that only its owner reads, in the form of Solana's tools (an array of 64 bytes), and beside it the link.

use std::error::Error;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use domain::entities::Address;
use domain::entities::id::DeviceLinkId;
use ed25519_dalek::SigningKey;
use platform::{Rng as _, SystemRng};

/// The permissions that others have.
const OTHERS: u32 = 0o077;

pub struct KeyFile {
    path: PathBuf,
    key: SigningKey,
}

impl KeyFile {
    /// The key in the file, or a new one.
    ///
    /// # Errors
    /// When the file is no key, or others may read it.
    pub fn open_or_make(path: &Path) -> Result<Self, Box<dyn Error>> {
        match fs::read_to_string(path) {
            Ok(text) => Self::read(path, &text),
            Err(error) if error.kind() == ErrorKind::NotFound => Self::make(path),
            Err(error) => Err(format!("{}: {error}", path.display()).into()),
        }
    }

    fn read(path: &Path, text: &str) -> Result<Self, Box<dyn Error>> {
        if fs::metadata(path)?.mode() & OTHERS != 0 {
            return Err(format!("others may read {0}; take that away first: chmod 600 {0}", path.display()).into());
        }
        let broken = || format!("{} is no key: an array of 64 bytes, the secret half and the public half", path.display());
        let bytes: Vec<u8> = serde_json::from_str(text).map_err(|_| broken())?;
        let pair: [u8; 64] = bytes.try_into().map_err(|_| broken())?;
        let key = SigningKey::from_keypair_bytes(&pair).map_err(|_| broken())?;
        Ok(Self { path: path.to_owned(), key })
    }

    fn make(path: &Path) -> Result<Self, Box<dyn Error>> {
        let mut secret = [0; 32];
        SystemRng.fill(&mut secret);
        let key = SigningKey::from_bytes(&secret);
        let text = serde_json::to_string(&key.to_keypair_bytes().to_vec())?;
        write_private(path, &text).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
        Ok(Self { path: path.to_owned(), key })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn signing_key(&self) -> &SigningKey {
        &self.key
    }

    pub fn address(&self) -> Address {
        Address::from_bytes(self.key.verifying_key().to_bytes())
    }

    /// The link that this key had when it was last linked.
    ///
    /// # Errors
    /// When the file beside the key holds something else.
    pub fn link(&self) -> Result<Option<DeviceLinkId>, Box<dyn Error>> {
        match fs::read_to_string(self.link_path()) {
            Ok(text) => Ok(Some(text.trim().parse()?)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// # Errors
    /// When the file beside the key cannot be written.
    pub fn keep_link(&self, link: DeviceLinkId) -> std::io::Result<()> {
        fs::write(self.link_path(), format!("{link}\n"))
    }

    fn link_path(&self) -> PathBuf {
        self.path.with_extension("link")
    }
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

//! Keys as they stand on the wire.

use domain::api_keys::{self, Holder, Issued, NewApiKey};
use domain::entities::id::ApiKeyId;
use domain::paging::Page;
use poem_openapi::{Enum, Object};

use crate::wire::{Id, Time};

/// What a key is for; it decides in which list it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum KeyHolder {
    /// Programs of the user's own.
    User,
    /// An agent that pays.
    Agent,
    /// A vendor's back office.
    Vendor,
    /// A vendor's gateway.
    Gateway,
}

/// One thing that a key may be used for. None includes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum KeyScope {
    /// Everything that only reads, outside of operations.
    #[oai(rename = "read")]
    Read,
    /// Everything that changes something and needs no scope of its own.
    #[oai(rename = "write")]
    Write,
    /// Running agents, and cancelling their runs.
    #[oai(rename = "run")]
    Run,
    /// Paying from an agent's balance, and putting down its bond.
    #[oai(rename = "pay")]
    Pay,
    /// Handing in payments that agents have signed.
    #[oai(rename = "collect")]
    Collect,
    /// Reading operations, redacted as for an observer.
    #[oai(rename = "ops:read")]
    OpsRead,
    /// Acting in operations, and reading them as the key's user does.
    #[oai(rename = "ops:write")]
    OpsWrite,
}

/// What a key is to be.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ApiKeyRequest {
    /// By which people tell their keys apart.
    name: String,
    /// `user` when absent.
    holder: Option<KeyHolder>,
    /// `read` when absent.
    scopes: Option<Vec<KeyScope>>,
    /// When it ends by itself; absent, it does not.
    expires_at: Option<Time>,
}

/// How a key makes room for the next one.
#[derive(Debug, Object)]
pub struct RotateRequest {
    /// How long the old key goes on beside the new one.
    #[oai(default)]
    pub overlap_seconds: u32,
}

/// A key without its text.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ApiKey {
    id: Id<ApiKeyId>,
    name: String,
    holder: KeyHolder,
    /// Its beginning.
    prefix: String,
    scopes: Vec<KeyScope>,
    created_at: Time,
    expires_at: Option<Time>,
    /// About a minute behind at most.
    last_used_at: Option<Time>,
    revoked_at: Option<Time>,
}

/// A new key.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct IssuedKey {
    id: Id<ApiKeyId>,
    name: String,
    holder: KeyHolder,
    /// Its beginning.
    prefix: String,
    scopes: Vec<KeyScope>,
    created_at: Time,
    expires_at: Option<Time>,
    /// The key itself, for `Authorization: Bearer …`. It is told once and kept nowhere; a repeated request does not tell it again.
    key: Option<String>,
}

/// One page of keys, newest first.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ApiKeyList {
    keys: Vec<ApiKey>,
    /// Absent on the last page.
    next_page_token: Option<String>,
}

impl ApiKeyRequest {
    /// The path may say what the key is for, whatever the body says.
    pub fn read(self, holder: Option<Holder>) -> NewApiKey {
        let scopes = self.scopes.unwrap_or_else(|| vec![KeyScope::Read]);
        NewApiKey {
            name: self.name,
            holder: holder.or(self.holder.map(Into::into)).unwrap_or(Holder::User),
            scopes: scopes.into_iter().map(api_keys::Scope::from).collect(),
            expires_at: self.expires_at.map(|time| time.0),
        }
    }
}

impl From<api_keys::ApiKey> for ApiKey {
    fn from(key: api_keys::ApiKey) -> Self {
        Self {
            id: key.id.into(),
            name: key.name,
            holder: key.holder.into(),
            prefix: key.prefix,
            scopes: key.scopes.into_iter().map(Into::into).collect(),
            created_at: key.created_at.into(),
            expires_at: key.expires_at.map(Into::into),
            last_used_at: key.last_used_at.map(Into::into),
            revoked_at: key.revoked_at.map(Into::into),
        }
    }
}

impl From<Issued> for IssuedKey {
    fn from(Issued { key, secret }: Issued) -> Self {
        Self {
            id: key.id.into(),
            name: key.name,
            holder: key.holder.into(),
            prefix: key.prefix,
            scopes: key.scopes.into_iter().map(Into::into).collect(),
            created_at: key.created_at.into(),
            expires_at: key.expires_at.map(Into::into),
            key: secret.map(|secret| secret.reveal().to_owned()),
        }
    }
}

impl From<Page<api_keys::ApiKey>> for ApiKeyList {
    fn from(page: Page<api_keys::ApiKey>) -> Self {
        Self { keys: page.items.into_iter().map(Into::into).collect(), next_page_token: page.next_page_token }
    }
}

macro_rules! same_words {
    ($wire:ident = $inner:path: $($word:ident),+) => {
        impl From<$inner> for $wire {
            fn from(word: $inner) -> Self {
                match word {
                    $(<$inner>::$word => Self::$word,)+
                }
            }
        }

        impl From<$wire> for $inner {
            fn from(word: $wire) -> Self {
                match word {
                    $($wire::$word => Self::$word,)+
                }
            }
        }
    };
}

same_words!(KeyHolder = Holder: User, Agent, Vendor, Gateway);
same_words!(KeyScope = api_keys::Scope: Read, Write, Run, Pay, Collect, OpsRead, OpsWrite);

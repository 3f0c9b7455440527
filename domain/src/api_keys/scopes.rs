//! What a key may be used for.

use std::fmt;
use std::str::FromStr;

use entities::user::Role;
use serde::{Deserialize, Serialize};

macro_rules! scopes {
    ($($(#[$doc:meta])* $scope:ident $name:literal;)+) => {
        /// One thing that a key may be used for. None includes another.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Scope {
            $($(#[$doc])* #[serde(rename = $name)] $scope,)+
        }

        impl Scope {
            pub const ALL: &'static [Self] = &[$(Self::$scope),+];

            /// The word on the wire and in the database.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$scope => $name,)+
                }
            }
        }
    };
}

scopes! {
    /// Everything that only reads, outside of operations.
    Read "read";
    /// Everything that changes something and needs no scope of its own.
    Write "write";
    /// Running agents, and cancelling their runs.
    Run "run";
    /// Paying from an agent's balance, and putting down its bond.
    Pay "pay";
    /// Handing in payments that agents have signed.
    Collect "collect";
    /// Reading operations, redacted as for an observer.
    OpsRead "ops:read";
    /// Acting in operations, and reading them as the key's user does.
    OpsWrite "ops:write";
}

/// A set of scopes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Scopes(u16);

impl Scopes {
    #[must_use]
    pub fn has(self, scope: Scope) -> bool {
        self.0 & bit(scope) != 0
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |scope| self.has(*scope))
    }

    /// What is left of a user's role. Without scopes for operations whoever holds the key is an operator like everybody.
    #[must_use]
    pub fn role(self, role: Role) -> Role {
        match role {
            _ if self.has(Scope::OpsWrite) => role,
            Role::Architect | Role::Observer if self.has(Scope::OpsRead) => Role::Observer,
            _ => Role::Operator,
        }
    }
}

fn bit(scope: Scope) -> u16 {
    1 << scope as u16
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Self {
        Self(scopes.into_iter().fold(0, |all, scope| all | bit(scope)))
    }
}

/// `read,write`. A word that this program does not know opens nothing.
impl From<&str> for Scopes {
    fn from(text: &str) -> Self {
        text.split(',').filter_map(|word| word.parse::<Scope>().ok()).collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().map(Scope::name).collect::<Vec<_>>().join(","))
    }
}

/// A word that names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such scope")]
pub struct ScopeError;

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(word: &str) -> Result<Self, ScopeError> {
        Self::ALL.iter().copied().find(|scope| scope.name() == word).ok_or(ScopeError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_in_one_order_and_read_back() {
        let scopes: Scopes = [Scope::Write, Scope::Read].into_iter().collect();
        assert_eq!(scopes.to_string(), "read,write");
        assert_eq!(Scopes::from("read,write"), scopes);
        assert_eq!(Scopes::from("read,everything"), [Scope::Read].into_iter().collect());
        assert!(Scopes::from("").is_empty() && !scopes.has(Scope::OpsRead));
    }

    #[test]
    fn a_key_never_says_more_than_its_user_and_mostly_less() {
        use Role::{Architect, Observer, Operator};
        let of = |words: &str, role| Scopes::from(words).role(role);
        assert_eq!([of("read,write,run", Architect), of("read", Observer)], [Operator, Operator]);
        assert_eq!([of("ops:read", Architect), of("ops:read", Observer), of("ops:read", Operator)], [Observer, Observer, Operator]);
        assert_eq!([of("ops:write", Architect), of("ops:write", Observer), of("ops:write", Operator)], [Architect, Observer, Operator]);
    }
}

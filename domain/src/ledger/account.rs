//! Which account: named by what it is for, and never looked up.

use entities::Address;
use entities::id::AccountId;
use entities::ledger_account::Kind;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// The name of an account. It is opened by the first transfer that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    pub kind: Kind,
    /// A profile, a purchase, whatever the kind belongs to.
    pub owner: Option<Uuid>,
    pub mint: Address,
    pub simulated: bool,
}

impl Account {
    /// Somebody's, in the real world.
    #[must_use]
    pub fn of(kind: Kind, owner: impl Into<Uuid>, mint: Address) -> Self {
        Self { kind, owner: Some(owner.into()), mint, simulated: false }
    }

    /// The house's own, in the real world.
    #[must_use]
    pub fn of_house(kind: Kind, mint: Address) -> Self {
        Self { kind, owner: None, mint, simulated: false }
    }

    /// The same in the simulator's world.
    #[must_use]
    pub fn simulated(self) -> Self {
        Self { simulated: true, ..self }
    }

    /// The same name always makes the same id.
    #[must_use]
    pub fn id(&self) -> AccountId {
        let mut hash = Sha256::new();
        hash.update(b"ledger account 1");
        hash.update(self.mint.bytes());
        hash.update(self.owner.unwrap_or_default().as_bytes());
        hash.update([u8::from(self.owner.is_some()), u8::from(self.simulated)]);
        hash.update(self.kind.name());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_name_makes_another_account() {
        let mint = |byte| Address::from_bytes([byte; 32]);
        let (ann, ben) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let names = [
            Account::of(Kind::Agent, ann, mint(1)),
            Account::of(Kind::Agent, ben, mint(1)),
            Account::of(Kind::Bond, ann, mint(1)),
            Account::of(Kind::Agent, ann, mint(2)),
            Account::of(Kind::Agent, ann, mint(1)).simulated(),
            Account::of(Kind::Agent, Uuid::nil(), mint(1)),
            Account::of_house(Kind::Agent, mint(1)),
        ];
        let ids: std::collections::HashSet<_> = names.iter().map(Account::id).collect();
        assert_eq!(ids.len(), names.len());
        assert_eq!(names[0].id(), Account::of(Kind::Agent, ann, mint(1)).id());
    }
}

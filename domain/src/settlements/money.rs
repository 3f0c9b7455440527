//! What payouts mean to the ledger: earned, in flight, settled.

use entities::Amount;
use entities::id::TransferId;
use sha2::{Digest as _, Sha256};

use super::Payout;
use crate::ledger::{Account, AccountKind, NewTransfer, Step, TransferKind};

/// From what the vendor may ask for to what is on its way.
pub fn sets_out(payout: &Payout) -> Step {
    step(payout, AccountKind::VendorUnsettled, AccountKind::VendorInFlight, TransferKind::Payout)
}

/// It has arrived.
pub fn arrives(payout: &Payout) -> Step {
    step(payout, AccountKind::VendorInFlight, AccountKind::VendorSettled, TransferKind::PayoutSettled)
}

/// The vendor has it again.
pub fn comes_back(payout: &Payout) -> Step {
    step(payout, AccountKind::VendorInFlight, AccountKind::VendorUnsettled, TransferKind::PayoutReturned)
}

/// Its id follows from the payout and what happens to it: however often it is written, it happens once.
fn step(payout: &Payout, from: AccountKind, to: AccountKind, kind: TransferKind) -> Step {
    let account = |kind| Account::of(kind, payout.vendor_id, payout.mint);
    let amount: Amount = payout.amount;
    let transfer = NewTransfer::new(transfer_id(payout, kind), account(from), account(to), amount, kind);
    Step::Create(transfer.reference(payout.id.to_string()))
}

fn transfer_id(payout: &Payout, kind: TransferKind) -> TransferId {
    let mut hash = Sha256::new_with_prefix(b"payout transfer 1");
    hash.update(uuid::Uuid::from(payout.id).as_bytes());
    hash.update(kind.name());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().into()
}

//! What stands at addresses, at `finalized` unless said otherwise.

use domain::entities::Address;
use domain::ports::chain::{ChainError, LookupTable, MintInfo, TokenAccount};
use serde_json::json;
use solana_account_decoder_client_types::UiAccount;
use solana_address_lookup_table_interface::program as lookup_tables;
use solana_address_lookup_table_interface::state::AddressLookupTable;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client_api::request::RpcRequest;
use solana_rpc_client_api::response::Response;
use solana_sdk::pubkey::Pubkey;
use spl_token_2022_interface::extension::StateWithExtensions;
use spl_token_2022_interface::state::{Account, Mint};

use super::SolanaNode;
use crate::address::{address, pubkey, token_program};

/// Addresses in one request, as nodes take them.
const ACCOUNTS_MAX: usize = 100;

/// The slot in which a table that is open was closed.
const NEVER: u64 = u64::MAX;

struct Found {
    owner: Pubkey,
    data: Vec<u8>,
}

impl SolanaNode {
    pub(super) async fn balance(&self, of: Address) -> Result<u64, ChainError> {
        let params = json!([of.to_string(), CommitmentConfig::finalized()]);
        Ok(self.call::<Response<u64>>(RpcRequest::GetBalance, params).await?.value)
    }

    pub(super) async fn mint_at(&self, at: Address) -> Result<Option<MintInfo>, ChainError> {
        let Some(found) = self.find(&[at], CommitmentConfig::finalized()).await?.pop().flatten() else { return Ok(None) };
        let unexpected = ChainError::Unexpected { address: at, expected: "a mint" };
        let Some(program) = token_program(&found.owner) else { return Err(unexpected) };
        match StateWithExtensions::<Mint>::unpack(&found.data) {
            Ok(mint) => Ok(Some(MintInfo { program, decimals: mint.base.decimals, supply: mint.base.supply })),
            Err(_) => Err(unexpected),
        }
    }

    pub(super) async fn token_accounts_at(&self, at: &[Address]) -> Result<Vec<Option<TokenAccount>>, ChainError> {
        let mut accounts = Vec::with_capacity(at.len());
        for chunk in at.chunks(ACCOUNTS_MAX) {
            let found = self.find(chunk, CommitmentConfig::finalized()).await?;
            accounts.extend(found.into_iter().map(|found| found.as_ref().and_then(token_account)));
        }
        Ok(accounts)
    }

    pub(super) async fn lookup_table_at(&self, at: Address) -> Result<Option<LookupTable>, ChainError> {
        let Some(found) = self.find(&[at], self.commitment).await?.pop().flatten() else { return Ok(None) };
        let unexpected = || ChainError::Unexpected { address: at, expected: "a lookup table" };
        if found.owner != lookup_tables::ID {
            return Err(unexpected());
        }
        let table = AddressLookupTable::deserialize(&found.data).map_err(|_| unexpected())?;
        Ok(Some(LookupTable {
            address: at,
            addresses: table.addresses.iter().map(address).collect(),
            is_active: table.meta.deactivation_slot == NEVER,
            extended_slot: table.meta.last_extended_slot,
        }))
    }

    async fn find(&self, at: &[Address], commitment: CommitmentConfig) -> Result<Vec<Option<Found>>, ChainError> {
        let addresses: Vec<String> = at.iter().map(|address| pubkey(*address).to_string()).collect();
        let params = json!([addresses, { "encoding": "base64", "commitment": commitment.commitment }]);
        let answer: Response<Vec<Option<UiAccount>>> = self.call(RpcRequest::GetMultipleAccounts, params).await?;
        let garbled = || ChainError::Unavailable { call: "getMultipleAccounts", reason: "its answer is not understood".into() };
        if answer.value.len() != at.len() {
            return Err(garbled());
        }
        let read = |account: Option<UiAccount>| {
            let Some(account) = account else { return Ok(None) };
            let owner = account.owner.parse().map_err(|_| garbled())?;
            Ok(Some(Found { owner, data: account.data.decode().ok_or_else(garbled)? }))
        };
        answer.value.into_iter().map(read).collect()
    }
}

/// Nothing where something else stands: to whoever wants to pay there it is the same.
fn token_account(found: &Found) -> Option<TokenAccount> {
    let program = token_program(&found.owner)?;
    let account = StateWithExtensions::<Account>::unpack(&found.data).ok()?.base;
    Some(TokenAccount {
        program,
        mint: address(&account.mint),
        owner: address(&account.owner),
        amount: account.amount,
        is_frozen: account.is_frozen(),
    })
}

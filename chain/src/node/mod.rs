//! The port `Chain` over JSON-RPC.

mod accounts;
mod errors;
mod history;
mod parsed;
mod sending;

use std::time::Duration;

use async_trait::async_trait;
use domain::entities::{Address, Signature};
use domain::ports::chain::{
    Blockhash, Chain, ChainError, ChainTransaction, Draft, Height, LookupTable, MintInfo, Page, Seen, Signed, Simulated, Status,
    TokenAccount,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::request::RpcRequest;

use crate::settings::{Commitment, Settings};
use errors::Redacted;

/// One node of a cluster.
pub struct SolanaNode {
    rpc: RpcClient,
    /// What of the URL must not be said.
    redacted: Redacted,
    /// For blockhashes and simulations.
    commitment: CommitmentConfig,
    call_max: Duration,
}

impl SolanaNode {
    /// Speak to the node at this URL. Nothing is sent yet.
    #[must_use]
    pub fn new(url: &str, settings: &Settings) -> Self {
        let commitment = match settings.commitment {
            Commitment::Confirmed => CommitmentConfig::confirmed(),
            Commitment::Finalized => CommitmentConfig::finalized(),
        };
        let call_max = settings.call_max();
        Self { rpc: RpcClient::new_with_timeout(url.to_owned(), call_max), redacted: Redacted::of_url(url), commitment, call_max }
    }

    /// Lamports that an account of this size must hold to stay.
    pub(crate) async fn rent(&self, bytes: u64) -> Result<u64, ChainError> {
        self.call(RpcRequest::GetMinimumBalanceForRentExemption, json!([bytes])).await
    }

    /// One request, within its time, with an error that may be shown.
    pub(crate) async fn call<T: DeserializeOwned>(&self, request: RpcRequest, params: Value) -> Result<T, ChainError> {
        let name = errors::name(&request);
        // The client waits by itself when the node has had enough; the limit is for all of it.
        match tokio::time::timeout(self.call_max, self.rpc.send(request, params)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(errors::classify(name, &error, &self.redacted)),
            Err(_) => Err(ChainError::Unavailable { call: name, reason: format!("no answer within {} s", self.call_max.as_secs()) }),
        }
    }
}

impl std::fmt::Debug for SolanaNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SolanaNode").field("commitment", &self.commitment).field("call_max", &self.call_max).finish_non_exhaustive()
    }
}

#[async_trait]
impl Chain for SolanaNode {
    async fn genesis(&self) -> Result<String, ChainError> {
        self.call(RpcRequest::GetGenesisHash, Value::Null).await
    }

    async fn height(&self) -> Result<Height, ChainError> {
        self.finalized_height().await
    }

    async fn blockhash(&self) -> Result<Blockhash, ChainError> {
        self.latest_blockhash().await
    }

    async fn slot(&self) -> Result<u64, ChainError> {
        self.finalized_slot().await
    }

    async fn lamports(&self, address: Address) -> Result<u64, ChainError> {
        self.balance(address).await
    }

    async fn mint(&self, address: Address) -> Result<Option<MintInfo>, ChainError> {
        self.mint_at(address).await
    }

    async fn token_accounts(&self, addresses: &[Address]) -> Result<Vec<Option<TokenAccount>>, ChainError> {
        self.token_accounts_at(addresses).await
    }

    async fn lookup_table(&self, address: Address) -> Result<Option<LookupTable>, ChainError> {
        self.lookup_table_at(address).await
    }

    async fn signatures(&self, address: Address, page: Page) -> Result<Vec<Seen>, ChainError> {
        self.signatures_of(address, page).await
    }

    async fn transaction(&self, signature: Signature) -> Result<Option<ChainTransaction>, ChainError> {
        self.transaction_of(signature).await
    }

    async fn statuses(&self, signatures: &[Signature]) -> Result<Vec<Option<Status>>, ChainError> {
        self.statuses_of(signatures).await
    }

    async fn priority_fees(&self, accounts: &[Address]) -> Result<Vec<u64>, ChainError> {
        self.recent_priority_fees(accounts).await
    }

    async fn simulate(&self, draft: &Draft) -> Result<Simulated, ChainError> {
        self.try_out(draft).await
    }

    async fn send(&self, signed: &Signed) -> Result<(), ChainError> {
        self.pass_on(signed).await
    }
}

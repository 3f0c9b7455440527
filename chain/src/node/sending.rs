//! New transactions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::entities::Address;
use domain::ports::chain::{Blockhash, ChainError, Draft, Height, Signed, Simulated};
use serde_json::json;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client_api::config::{RpcSendTransactionConfig, RpcSimulateTransactionConfig};
use solana_rpc_client_api::request::RpcRequest;
use solana_rpc_client_api::response::{Response, RpcBlockhash, RpcPrioritizationFee, RpcSimulateTransactionResult};
use solana_sdk::hash::Hash;
use solana_transaction_status_client_types::UiTransactionEncoding;

use super::{SolanaNode, errors};

/// Accounts in one question for fees, as nodes take them.
const FEE_ACCOUNTS_MAX: usize = 128;

impl SolanaNode {
    pub(super) async fn finalized_height(&self) -> Result<Height, ChainError> {
        self.call(RpcRequest::GetBlockHeight, json!([CommitmentConfig::finalized()])).await.map(Height)
    }

    pub(super) async fn finalized_slot(&self) -> Result<u64, ChainError> {
        self.call(RpcRequest::GetSlot, json!([CommitmentConfig::finalized()])).await
    }

    pub(super) async fn latest_blockhash(&self) -> Result<Blockhash, ChainError> {
        let answer: Response<RpcBlockhash> = self.call(RpcRequest::GetLatestBlockhash, json!([self.commitment])).await?;
        let garbled = |_| ChainError::Unavailable { call: "getLatestBlockhash", reason: "its answer is not understood".into() };
        let hash: Hash = answer.value.blockhash.parse().map_err(garbled)?;
        Ok(Blockhash { hash: hash.to_bytes(), last_valid: Height(answer.value.last_valid_block_height) })
    }

    pub(super) async fn recent_priority_fees(&self, accounts: &[Address]) -> Result<Vec<u64>, ChainError> {
        let named: Vec<String> = accounts.iter().take(FEE_ACCOUNTS_MAX).map(ToString::to_string).collect();
        let answer: Vec<RpcPrioritizationFee> = self.call(RpcRequest::GetRecentPrioritizationFees, json!([named])).await?;
        let mut fees: Vec<u64> = answer.into_iter().map(|fee| fee.prioritization_fee).collect();
        fees.sort_unstable();
        Ok(fees)
    }

    pub(super) async fn try_out(&self, draft: &Draft) -> Result<Simulated, ChainError> {
        let config = RpcSimulateTransactionConfig {
            sig_verify: false,
            commitment: Some(self.commitment),
            encoding: Some(UiTransactionEncoding::Base64),
            ..RpcSimulateTransactionConfig::default()
        };
        let params = json!([BASE64.encode(&draft.wire), config]);
        let answer: Response<RpcSimulateTransactionResult> = self.call(RpcRequest::SimulateTransaction, params).await?;
        let failure = answer.value.err.map(|error| errors::failure(&error.into()));
        Ok(Simulated { failure, compute_units: answer.value.units_consumed.unwrap_or_default() })
    }

    /// Without the node's own trial, which would refuse what is already on its way, and without its own repetitions, of which nobody would know.
    pub(super) async fn pass_on(&self, signed: &Signed) -> Result<(), ChainError> {
        let config = RpcSendTransactionConfig {
            skip_preflight: true,
            encoding: Some(UiTransactionEncoding::Base64),
            max_retries: Some(0),
            ..RpcSendTransactionConfig::default()
        };
        let params = json!([BASE64.encode(&signed.wire), config]);
        self.call::<String>(RpcRequest::SendTransaction, params).await.map(drop)
    }
}

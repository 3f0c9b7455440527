//! What happened.

use domain::entities::{Address, Signature};
use domain::ports::chain::{ChainError, ChainTransaction, Depth, Page, Seen, Status};
use serde_json::json;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client_api::config::{RpcSignaturesForAddressConfig, RpcTransactionConfig};
use solana_rpc_client_api::request::RpcRequest;
use solana_rpc_client_api::response::{Response, RpcConfirmedTransactionStatusWithSignature};
use solana_transaction_status_client_types::{
    EncodedConfirmedTransactionWithStatusMeta, TransactionConfirmationStatus, TransactionStatus, UiTransactionEncoding,
};

use super::{SolanaNode, errors, parsed};

/// Signatures in one request, as nodes take them.
const STATUSES_MAX: usize = 256;

impl SolanaNode {
    pub(super) async fn signatures_of(&self, of: Address, page: Page) -> Result<Vec<Seen>, ChainError> {
        let config = RpcSignaturesForAddressConfig {
            before: page.before.map(|signature| signature.to_string()),
            until: page.until.map(|signature| signature.to_string()),
            limit: Some(page.size.clamp(1, Page::SIZE_MAX)),
            commitment: Some(CommitmentConfig::finalized()),
            min_context_slot: None,
        };
        let params = json!([of.to_string(), config]);
        let rows: Vec<RpcConfirmedTransactionStatusWithSignature> = self.call(RpcRequest::GetSignaturesForAddress, params).await?;
        rows.into_iter()
            .map(|row| {
                let signature = row.signature.parse().map_err(|_| garbled("getSignaturesForAddress"))?;
                Ok(Seen { signature, slot: row.slot, failure: row.err.map(|error| errors::failure(&error.into())) })
            })
            .collect()
    }

    pub(super) async fn transaction_of(&self, signature: Signature) -> Result<Option<ChainTransaction>, ChainError> {
        let config = RpcTransactionConfig {
            encoding: Some(UiTransactionEncoding::JsonParsed),
            commitment: Some(CommitmentConfig::finalized()),
            max_supported_transaction_version: Some(0),
        };
        let params = json!([signature.to_string(), config]);
        let found: Option<EncodedConfirmedTransactionWithStatusMeta> = self.call(RpcRequest::GetTransaction, params).await?;
        found.map(|found| parsed::read(signature, found).ok_or_else(|| garbled("getTransaction"))).transpose()
    }

    pub(super) async fn statuses_of(&self, signatures: &[Signature]) -> Result<Vec<Option<Status>>, ChainError> {
        let mut statuses = Vec::with_capacity(signatures.len());
        for chunk in signatures.chunks(STATUSES_MAX) {
            let named: Vec<String> = chunk.iter().map(ToString::to_string).collect();
            let params = json!([named, { "searchTransactionHistory": true }]);
            let answer: Response<Vec<Option<TransactionStatus>>> = self.call(RpcRequest::GetSignatureStatuses, params).await?;
            if answer.value.len() != chunk.len() {
                return Err(garbled("getSignatureStatuses"));
            }
            statuses.extend(answer.value.into_iter().map(|status| status.as_ref().map(read_status)));
        }
        Ok(statuses)
    }
}

fn read_status(status: &TransactionStatus) -> Status {
    let depth = match status.confirmation_status() {
        TransactionConfirmationStatus::Processed => Depth::Processed,
        TransactionConfirmationStatus::Confirmed => Depth::Confirmed,
        TransactionConfirmationStatus::Finalized => Depth::Finalized,
    };
    Status { slot: status.slot, depth, failure: status.err.as_ref().map(errors::failure) }
}

fn garbled(call: &'static str) -> ChainError {
    ChainError::Unavailable { call, reason: "its answer is not understood".into() }
}

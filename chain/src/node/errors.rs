//! What the client says, in words that may be shown.

use domain::ports::chain::{ChainError, TransactionFailure};
use reqwest_of_solana as reqwest;
use solana_rpc_client_api::client_error::{Error, ErrorKind};
use solana_rpc_client_api::custom_error;
use solana_rpc_client_api::request::{RpcError, RpcRequest};
use solana_sdk::instruction::InstructionError;
use solana_sdk::transaction::TransactionError;

/// Characters of a node's own words that are passed on.
const REASON_CHARS_MAX: usize = 300;
/// A piece of a URL that is shorter than this is no key.
const KEY_CHARS_MIN: usize = 8;

/// A node that is behind or busy; another moment it may not be. The last is JSON-RPC's "internal error".
const PASSING: [i64; 7] = [
    custom_error::JSON_RPC_SERVER_ERROR_BLOCK_NOT_AVAILABLE,
    custom_error::JSON_RPC_SERVER_ERROR_NODE_UNHEALTHY,
    custom_error::JSON_RPC_SERVER_ERROR_SLOT_SKIPPED,
    custom_error::JSON_RPC_SERVER_ERROR_NO_SNAPSHOT,
    custom_error::JSON_RPC_SERVER_ERROR_BLOCK_STATUS_NOT_AVAILABLE_YET,
    custom_error::JSON_RPC_SERVER_ERROR_MIN_CONTEXT_SLOT_NOT_REACHED,
    -32603,
];

/// The pieces of a node's URL in which a key may stand.
pub struct Redacted(Vec<String>);

impl Redacted {
    pub fn of_url(url: &str) -> Self {
        let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
        let (authority, rest) = after_scheme.find(['/', '?', '#']).map_or((after_scheme, ""), |at| after_scheme.split_at(at));
        let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
        let pieces = [user, rest].into_iter().flat_map(|part| part.split(['/', '?', '&', '=', ':', '#']));
        Self(pieces.filter(|piece| piece.len() >= KEY_CHARS_MIN).map(str::to_owned).collect())
    }

    fn apply(&self, text: &str) -> String {
        let clean = self.0.iter().fold(text.to_owned(), |text, key| text.replace(key, "…"));
        clean.chars().take(REASON_CHARS_MAX).collect()
    }
}

pub fn name(request: &RpcRequest) -> &'static str {
    match request {
        RpcRequest::GetBalance => "getBalance",
        RpcRequest::GetBlockHeight => "getBlockHeight",
        RpcRequest::GetGenesisHash => "getGenesisHash",
        RpcRequest::GetLatestBlockhash => "getLatestBlockhash",
        RpcRequest::GetMinimumBalanceForRentExemption => "getMinimumBalanceForRentExemption",
        RpcRequest::GetMultipleAccounts => "getMultipleAccounts",
        RpcRequest::GetRecentPrioritizationFees => "getRecentPrioritizationFees",
        RpcRequest::GetSignatureStatuses => "getSignatureStatuses",
        RpcRequest::GetSignaturesForAddress => "getSignaturesForAddress",
        RpcRequest::GetSlot => "getSlot",
        RpcRequest::GetTransaction => "getTransaction",
        RpcRequest::RequestAirdrop => "requestAirdrop",
        RpcRequest::SendTransaction => "sendTransaction",
        RpcRequest::SimulateTransaction => "simulateTransaction",
        _ => "a request",
    }
}

/// The client's own text would name the URL.
pub fn classify(call: &'static str, error: &Error, redacted: &Redacted) -> ChainError {
    let reason = match error.kind() {
        ErrorKind::RpcError(RpcError::RpcResponseError { code, message, .. }) => {
            let reason = format!("{} ({code})", redacted.apply(message));
            if !PASSING.contains(code) {
                return ChainError::Refused { call, reason };
            }
            reason
        }
        ErrorKind::TransactionError(error) => return ChainError::Refused { call, reason: error.to_string() },
        ErrorKind::Reqwest(error) => transport(error),
        ErrorKind::Middleware(error) => error.downcast_ref::<reqwest::Error>().map_or_else(|| "no connection".into(), transport),
        ErrorKind::Io(error) => error.kind().to_string(),
        ErrorKind::SerdeJson(_) | ErrorKind::RpcError(_) => "its answer is not understood".into(),
        ErrorKind::SigningError(_) | ErrorKind::Custom(_) => "the request could not be made".into(),
    };
    ChainError::Unavailable { call, reason }
}

fn transport(error: &reqwest::Error) -> String {
    match error.status() {
        Some(status) => format!("it answers HTTP {}", status.as_u16()),
        None if error.is_timeout() => "no answer in time".into(),
        None if error.is_connect() => "no connection".into(),
        None if error.is_decode() => "its answer is not understood".into(),
        None => "the connection broke".into(),
    }
}

pub fn failure(error: &TransactionError) -> TransactionFailure {
    let (instruction, code) = match error {
        TransactionError::InstructionError(index, InstructionError::Custom(code)) => (Some(*index), Some(*code)),
        TransactionError::InstructionError(index, _) => (Some(*index), None),
        _ => (None, None),
    };
    TransactionFailure { instruction, code, text: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_the_url_is_not_repeated_whoever_says_it() {
        let redacted = Redacted::of_url("https://user:passw0rd-x@node.example/v2/abcdef123456?api-key=0123456789abcdef");
        let said = redacted.apply("unknown key 0123456789abcdef for passw0rd-x at /v2/abcdef123456");
        assert_eq!(said, "unknown key … for … at /v2/…");
    }

    #[test]
    fn a_node_that_is_behind_is_asked_again_and_one_that_refuses_is_not() {
        let answer = |code| {
            let data = solana_rpc_client_api::request::RpcResponseErrorData::Empty;
            Error::from(ErrorKind::from(RpcError::RpcResponseError { code, message: "no".into(), data }))
        };
        let redacted = Redacted::of_url("http://127.0.0.1:8899");
        assert!(matches!(classify("getSlot", &answer(-32005), &redacted), ChainError::Unavailable { .. }));
        assert!(matches!(classify("getSlot", &answer(-32602), &redacted), ChainError::Refused { .. }));
    }
}

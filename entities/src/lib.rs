//! The nouns of the product: SeaORM models, typed ids and value types. No queries and no rules live here.

pub mod id;
pub mod value;

pub mod agent;
pub mod agent_audit;
pub mod agent_version;
pub mod api_audit;
pub mod api_key;
pub mod auth_nonce;
pub mod chain_transaction;
pub mod container;
pub mod device_link;
pub mod entitlement;
pub mod event;
pub mod event_topic;
pub mod execution;
pub mod execution_log;
pub mod idempotency_key;
pub mod job;
pub mod job_attempt;
pub mod ledger_account;
pub mod ledger_transfer;
pub mod login_link;
pub mod lookup_entry;
pub mod mail;
pub mod otp_code;
pub mod payment_intent;
pub mod payout;
pub mod pool_control;
pub mod profile;
pub mod refresh_token;
pub mod schedule;
pub mod schedule_fire;
pub mod settlement_batch;
pub mod sign_in;
pub mod spending_limit;
pub mod spent_id_token;
pub mod token;
pub mod user;
pub mod user_identity;
pub mod webhook_attempt;
pub mod webhook_delivery;
pub mod webhook_endpoint;
pub mod worker;

pub use sea_orm;
pub use value::{Address, Amount, EmailAddress, EmailAddressError, Sealed, Signature, SignatureError, Timestamp};

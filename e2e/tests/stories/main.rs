//! What people do with the binary at the shell and over HTTP.

mod codes_by_mail;
mod dev_chain;
mod devices;
mod docker_first_page;
mod doctor;
mod google;
mod ledger;
mod listening;
mod schema;
mod settings;
mod signing_keys;
mod tokens;
mod webhooks;

//! What people do with the binary at the shell and over HTTP.

mod doctor;
mod listening;
mod schema;
mod settings;
mod tokens;

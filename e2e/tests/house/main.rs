//! The shipped program as whoever runs the house meets it.

mod by_itself;
mod run_script;
mod tokens;
mod traces;

//! The shipped program as whoever runs the house meets it.

mod by_itself;
mod tokens;
mod traces;

//! What people do with the binary at the shell and over HTTP.

mod listening;

//! Where the binary is.

use std::path::PathBuf;

/// The `tallyman` that was built beside this test.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    // <target>/<profile>/deps/<test>
    let profile = test.ancestors().nth(2).expect("a test lies in its target directory");
    let program = profile.join("tallyman");
    assert!(program.is_file(), "{} is not there: run ./test, or `cargo build -p cli`", program.display());
    program
}

//! The page `/link`: what somebody says yes to is what they have looked at.

use std::path::Path;
use std::process::Command;

#[test]
fn the_page_answers_for_the_device_that_it_shows() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ran = Command::new("node").arg(here.join("tests/link_page.mjs")).arg(here.join("src/link/link.js")).output();
    let ran = ran.expect("`./test` installs node");
    assert!(ran.status.success(), "{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
}

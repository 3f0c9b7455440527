//! Signals: the supervisor hears of dead children and of nothing else.

use std::fs::File;
use std::io::{self, Read};

use crate::kernel;

const LAST_SIGNAL: i32 = 64;

/// Ignores every signal that can be ignored and gives a descriptor that tells of dead children.
pub fn deafen() -> io::Result<File> {
    for signal in (1..=LAST_SIGNAL).filter(|signal| *signal != libc::SIGCHLD) {
        kernel::ignore_signal(signal, true);
    }
    // Ignored, SIGCHLD would let children vanish without their status and usage.
    kernel::ignore_signal(libc::SIGCHLD, false);
    kernel::child_signals()
}

/// The agent gets the signal actions that a fresh container has; the mask is the standard library's business.
pub fn restore() {
    for signal in 1..=LAST_SIGNAL {
        kernel::ignore_signal(signal, false);
    }
}

/// Forgets the news, which said only that there is something to reap.
pub fn clear(mut news: &File) {
    let _ = news.read(&mut [0; 512]);
}

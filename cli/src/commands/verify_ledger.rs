//! `tallyman verify-ledger`: does the ledger still say what its transfers say?

use std::error::Error;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use domain::ledger::{Progress, verify};

use crate::house;
use crate::settings::Settings;

const BAR_CHARS: u64 = 40;

/// Check a database as it is; nothing is changed, and whoever works with it goes on.
pub async fn run() -> Result<ExitCode, Box<dyn Error>> {
    let settings = Settings::load()?;
    let db = house::database(&settings).await?;
    let shown = std::io::stderr().is_terminal();
    let breaks = verify(&db, |progress| {
        if shown {
            // A bar that cannot be drawn is no reason to stop.
            let _ = write!(std::io::stderr(), "\r{}", bar(progress));
        }
    });
    let breaks = breaks.await?;
    if shown {
        eprintln!();
    }
    for broken in &breaks {
        println!("{}: {}", broken.promise, broken.sentence);
    }
    if breaks.is_empty() {
        println!("the ledger keeps every promise");
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("{} promises of the ledger are broken: stop paying out, and find out who wrote past the rules", breaks.len());
    Ok(ExitCode::FAILURE)
}

fn bar(progress: Progress) -> String {
    let total = progress.total.max(1);
    let done = progress.done.min(total);
    let filled = done * BAR_CHARS / total;
    let (full, empty) = ("#".repeat(usize::try_from(filled).unwrap_or(0)), ".".repeat(usize::try_from(BAR_CHARS - filled).unwrap_or(0)));
    format!("[{full}{empty}] {:>3} % of {total}", done * 100 / total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fills_up() {
        assert_eq!(bar(Progress { done: 0, total: 8 }), format!("[{}]   0 % of 8", ".".repeat(40)));
        assert_eq!(bar(Progress { done: 6, total: 8 }), format!("[{}{}]  75 % of 8", "#".repeat(30), ".".repeat(10)));
        assert_eq!(bar(Progress { done: 9, total: 8 }), format!("[{}] 100 % of 8", "#".repeat(40)));
    }
}

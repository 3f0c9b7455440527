//! `tallyman validate-indexes`.

use std::error::Error;
use std::process::ExitCode;

use crate::house;
use crate::settings::Settings;

pub async fn run() -> Result<ExitCode, Box<dyn Error>> {
    let settings = Settings::load()?;
    let db = house::database(&settings).await?;
    let missing = migrations::missing_indexes(db.connection()).await?;
    for index in &missing {
        println!("missing: {} on {}", index.name, index.table);
    }
    if missing.is_empty() {
        println!("every index is there");
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("{} indexes are missing: run `tallyman migrate up`, or create those that were dropped by hand", missing.len());
    Ok(ExitCode::FAILURE)
}

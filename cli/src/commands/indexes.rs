//! `tallyman validate-indexes`.

use std::error::Error;
use std::process::ExitCode;

use crate::house;
use crate::settings::Settings;

pub async fn run() -> Result<ExitCode, Box<dyn Error>> {
    let settings = Settings::load()?;
    let db = house::database(&settings).await?;
    let wrong = migrations::wrong_indexes(db.connection()).await?;
    for index in &wrong {
        println!("{index}");
    }
    if wrong.is_empty() {
        println!("every index is there, as it was made");
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("{} indexes are missing or different: run `tallyman migrate up`, or mend what was changed by hand", wrong.len());
    Ok(ExitCode::FAILURE)
}

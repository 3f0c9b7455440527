//! `tallyman migrate up|down|status`.

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use migrations::{Migrator, MigratorTrait as _};
use platform::Db;

use crate::args::Direction;
use crate::house;
use crate::settings::Settings;

pub async fn run(direction: Direction) -> Result<ExitCode, Box<dyn Error>> {
    let settings = Settings::load()?;
    let db = house::database(&settings).await?;
    match direction {
        Direction::Up => {
            up(&db, true).await?;
            house::make_up_keys(&settings).await?;
        }
        Direction::Down { steps, yes } => down(&db, steps, yes).await?,
        Direction::Status => return status(&db).await,
    }
    Ok(ExitCode::SUCCESS)
}

/// Apply what is missing, one step at a time, one line for each.
pub async fn up(db: &Db, say: bool) -> Result<(), Box<dyn Error>> {
    let mut applied = 0;
    migrations::apply_all(db.connection(), |step| {
        applied = step.total;
        if say {
            println!("[{}/{}] {} applied in {} ms", step.number, step.total, step.name, step.took.as_millis());
        }
    })
    .await?;
    if say && applied == 0 {
        println!("nothing to do: the schema is up to date");
    }
    Ok(())
}

async fn down(db: &Db, steps: u32, yes: bool) -> Result<(), Box<dyn Error>> {
    let applied = Migrator::get_applied_migrations(db.connection()).await?;
    let names: Vec<_> = applied.iter().rev().take(steps as usize).map(|step| step.name().to_owned()).collect();
    if names.len() > 1 && !yes {
        let lost = names.join(", ");
        return Err(
            format!("{} steps would be taken back, and every row that they made room for be lost: {lost}; say --yes", names.len()).into()
        );
    }
    for (number, name) in names.iter().enumerate() {
        let began = Instant::now();
        Migrator::down(db.connection(), Some(1)).await?;
        println!("[{}/{}] {name} taken back in {} ms", number + 1, names.len(), began.elapsed().as_millis());
    }
    Ok(())
}

async fn status(db: &Db) -> Result<ExitCode, Box<dyn Error>> {
    let mut missing = 0;
    for step in Migrator::get_migration_with_status(db.connection()).await? {
        let applied = step.status() == migrations::MigrationStatus::Applied;
        missing += usize::from(!applied);
        println!("{:<10} {}", if applied { "applied" } else { "missing" }, step.name());
    }
    Ok(if missing == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

//! `tallyman doctor`: everything that an installation stands on, and what to do about each fault.

mod checks;
mod cluster;

use std::error::Error;
use std::process::ExitCode;

use crate::causes::in_one_line;
use crate::settings::Settings;

const SETTINGS_ADVICE: &str = "mend the named setting; `docs/settings.md` lists all of them";

/// What one look found.
pub struct Finding {
    pub name: &'static str,
    pub verdict: Verdict,
    /// What was seen.
    pub detail: String,
    /// What to do about it, when there is something to do.
    pub advice: Option<String>,
}

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Well,
    /// It works, not as well as it could.
    Warning,
    /// Something does not work.
    Broken,
}

impl Finding {
    fn well(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Well, detail: detail.into(), advice: None }
    }

    fn warning(name: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Warning, detail: detail.into(), advice: Some(advice.into()) }
    }

    fn broken(name: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Broken, detail: detail.into(), advice: Some(advice.into()) }
    }
}

pub async fn run() -> Result<ExitCode, Box<dyn Error>> {
    let settings = match Settings::load() {
        Ok(settings) => settings,
        Err(error) => {
            print(&Finding::broken("settings", in_one_line(&*error), SETTINGS_ADVICE));
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut findings = vec![checks::version(), checks::settings(&settings), checks::name(&settings), checks::disk(&settings).await];
    findings.extend(checks::database(&settings).await);
    findings.push(checks::redis(&settings).await);
    findings.push(checks::engine(&settings).await);
    findings.push(checks::signing_key(&settings));
    findings.push(checks::secrets(&settings).await);
    findings.push(checks::mail(&settings).await);
    findings.push(cluster::cluster(&settings).await);
    findings.push(cluster::treasury(&settings).await);
    findings.iter().for_each(print);
    let broken = findings.iter().filter(|finding| finding.verdict == Verdict::Broken).count();
    if broken == 0 {
        println!("all is well");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{broken} broken");
    Ok(ExitCode::FAILURE)
}

fn print(finding: &Finding) {
    let mark = match finding.verdict {
        Verdict::Well => "ok",
        Verdict::Warning => "warning",
        Verdict::Broken => "BROKEN",
    };
    println!("{mark:<8}{:<12}{}", finding.name, finding.detail);
    if let Some(advice) = &finding.advice {
        println!("{:20}-> {advice}", "");
    }
}

//! `tallyman token issue`: a short-lived access token for an operator at the shell. Whoever may read the signing key may do this.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use api::auth::Tokens;
use domain::Caller;
use domain::accounts::Role;
use domain::entities::id::UserId;

use crate::args;
use crate::house;
use crate::settings::Settings;

/// The longest life of a token that is issued at the shell.
const TTL_SECONDS_MAX: u64 = 7 * 86_400;

pub async fn run(action: args::Token) -> Result<ExitCode, Box<dyn Error>> {
    let args::Token::Issue { role, user, ttl } = action;
    let lifetime = read_ttl(&ttl)?;
    let user: Option<UserId> = user.map(|id| id.parse()).transpose()?;
    let settings = Settings::load()?;
    let (domain, clock) = house::rules(&settings).await?;
    let role = match role {
        args::Role::Architect => Role::Architect,
        args::Role::Operator => Role::Operator,
        args::Role::Observer => Role::Observer,
    };
    let tokens = Tokens::new(house::signing_key(&settings)?, clock);
    if let Some(id) = user {
        // A new user gets an id of ours, never one that somebody has mistyped.
        domain.accounts().find(id).await?;
    }
    let (is_new, user) = (user.is_none(), domain.accounts().issue(role, user).await?);
    if is_new {
        eprintln!("{} is a new {}; `--user {}` issues for the same one again", user.id, user.role.name(), user.id);
    }
    println!("{}", tokens.issue(&Caller { wallet: user.wallet_address, ..Caller::new(user.id, user.role) }, lifetime)?);
    Ok(ExitCode::SUCCESS)
}

fn read_ttl(text: &str) -> Result<Duration, String> {
    let refuse = || format!("`{text}` is not a lifetime between 1s and 7d; write for example 30s, 15m, 1h or 7d");
    let (number, unit) = text.split_at(text.len() - text.chars().next_back().map_or(0, char::len_utf8));
    let unit_seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(refuse()),
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit_seconds)).ok_or_else(refuse)?;
    if (1..=TTL_SECONDS_MAX).contains(&seconds) { Ok(Duration::from_secs(seconds)) } else { Err(refuse()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_a_number_with_a_unit_and_has_an_end() {
        assert_eq!(read_ttl("15m"), Ok(Duration::from_mins(15)));
        assert_eq!(read_ttl("7d"), Ok(Duration::from_hours(168)));
        for wrong in ["", "15", "m", "0s", "8d", "-1h", "1y", "1€", "99999999999999999999d"] {
            assert!(read_ttl(wrong).is_err(), "{wrong}");
        }
    }
}

//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// The backend of an agent marketplace: one binary, every role.
#[derive(Debug, Parser)]
#[command(name = "tallyman", version, disable_help_subcommand = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Everything in one process. Prints `ready on http://…` when it is.
    Up,
    /// The HTTP API alone.
    Api,
    /// Workers alone.
    Worker {
        /// Which pools, separated by commas; all of them when absent.
        #[arg(long, value_delimiter = ',')]
        pools: Vec<String>,
        /// Jobs of each pool at once; each pool's own setting when absent.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        concurrency: Option<u32>,
    },
    /// The crontab alone. Run as many as you like.
    Scheduler,
    /// Move the schema: `up`, `down`, or `status`.
    Migrate {
        #[command(subcommand)]
        direction: Direction,
    },
    /// Compare the indexes of the database with those of the schema; fails with the missing names.
    ValidateIndexes,
    /// Check every promise of the ledger against its rows; fails with a sentence for each that is broken.
    VerifyLedger,
    /// Check everything that this installation depends on, and say what to do about each fault.
    Doctor,
    /// Print the OpenAPI document (YAML).
    Openapi,
    /// Tokens for operators at the shell.
    Token {
        #[command(subcommand)]
        action: Token,
    },
    /// The embedded Solana chain alone, for development and tests. `--help` says what it takes.
    #[command(disable_help_flag = true)]
    DevChain {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Tokens and SOL that are worth nothing.
    DevToken {
        #[command(subcommand)]
        action: DevToken,
    },
    /// An agent of one's own: its key, and its link to a user.
    Agent {
        #[command(subcommand)]
        action: Device,
    },
    /// The gateway before a vendor's services: its key, and its link to a user.
    Gateway {
        #[command(subcommand)]
        action: Device,
    },
    /// Run an image once in the real sandbox and print what came of it.
    Try {
        image: String,
        /// JSON, or @FILE with JSON in it.
        #[arg(long, default_value = "{}")]
        input: String,
        /// Seconds that it may run, a day at most; `executions.run_seconds_max` when absent.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=86_400))]
        timeout: Option<u32>,
        /// Print one JSON object instead of lines for people.
        #[arg(long)]
        json: bool,
    },
}

/// What is made up on a development chain or a public test cluster.
#[derive(Debug, Subcommand)]
pub enum DevToken {
    /// Make a token, and let the house take it. A second time it changes nothing.
    Create {
        /// 1 to 16 capital letters and digits.
        #[arg(long)]
        symbol: String,
        /// An amount of 1 is 10^-DECIMALS of it.
        #[arg(long, default_value_t = 6)]
        decimals: u8,
        /// Give this address some at once.
        #[arg(long)]
        mint_to: Option<String>,
        /// How much, in whole tokens: 12.5.
        #[arg(long, default_value = "1000", requires = "mint_to")]
        amount: String,
    },
    /// Give an address some of a token.
    Mint {
        #[arg(long)]
        symbol: String,
        #[arg(long)]
        to: String,
        /// In whole tokens: 12.5.
        #[arg(long)]
        amount: String,
    },
    /// Give an address some SOL.
    Airdrop {
        #[arg(long)]
        to: String,
        #[arg(long, default_value = "2")]
        sol: String,
    },
}

/// What an agent or a gateway does with its key.
#[derive(Debug, Subcommand)]
pub enum Device {
    /// Find or make the key, and say whether it is linked.
    Init(DevicePlace),
    /// Show what it has, as the user it is linked to would see it.
    Balance(DevicePlace),
    /// Show a code, and wait until somebody who is signed in has said yes.
    Link {
        #[command(flatten)]
        place: DevicePlace,
        /// How it would like to be called.
        #[arg(long)]
        name: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
pub struct DevicePlace {
    /// The file with the key pair; made when it is not there. Absent: `secret_key.json` of an agent, `gateway_key.json` of a gateway.
    #[arg(long)]
    pub key: Option<PathBuf>,
    /// Where the API answers.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: String,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Direction {
    /// Apply every step that is missing.
    Up,
    /// Take the newest steps back, with every row that is only there because of them.
    Down {
        /// How many, the newest first; as many as there are when it is more.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        steps: u32,
        /// Yes, the rows may go. Without it no more than one step is taken back.
        #[arg(long)]
        yes: bool,
    },
    /// List the steps. Fails when some are missing.
    Status,
}

#[derive(Debug, Subcommand)]
pub enum Token {
    /// Print one access token (JWT), and nothing else, on standard output.
    Issue {
        #[arg(long)]
        role: Role,
        /// For this user (`usr_…`), who keeps their role. Absent: for a new user, whose id is said on standard error.
        #[arg(long)]
        user: Option<String>,
        /// How long it lives: 30s, 15m, 1h, 7d.
        #[arg(long, default_value = "1h")]
        ttl: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    Architect,
    Operator,
    Observer,
}

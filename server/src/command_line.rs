//! The command line: the commands, and the flags of each.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use switchboard::api_keys::command::KeyCommand;
use switchboard::auth::{Role, Scope};
use switchboard::config::Flags;
use switchboard::load;

/// Books on-demand consultations: nobody twice, nothing lost.
#[derive(Parser)]
#[command(name = "switchboard", version, about)]
pub struct CommandLine {
    #[command(subcommand)]
    pub command: Subcommands,
}

#[derive(Subcommand)]
pub enum Subcommands {
    /// Serve until asked to stop
    Serve {
        #[command(flatten)]
        flags: Flags,
    },
    /// Print a token for a person
    Token {
        #[command(flatten)]
        flags: Flags,
        #[command(flatten)]
        token: TokenFlags,
    },
    /// Make, list and revoke API keys, beside a running server or without one
    Key {
        #[command(flatten)]
        flags: Flags,
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Show the settings, or look whether they are good
    Config {
        #[command(flatten)]
        flags: Flags,
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Fold all stored events anew and compare with the tables; exit 1 when something differs
    Check {
        #[command(flatten)]
        flags: Flags,
    },
    /// Copy the store into one file, also while a server runs on it
    Backup {
        #[command(flatten)]
        flags: Flags,
        /// The file; it must not exist yet
        file: PathBuf,
    },
    /// Make a backup the store of the data directory; the server must be stopped
    Restore {
        #[command(flatten)]
        flags: Flags,
        /// The backup
        file: PathBuf,
        /// Move a store that is there aside
        #[arg(long)]
        replace: bool,
    },
    /// Play six steps of a booking against a running `serve --dev`, and show what each side sees
    Demo {
        #[command(flatten)]
        flags: Flags,
        /// Where the server is
        #[arg(long, default_value = "http://127.0.0.1:4000")]
        url: String,
    },
    /// Print the HTTP API's document (OpenAPI 3.1), as `/openapi.json` serves it
    Openapi,
    /// Have many people book on a running server, and show how long everything took; exit 1 when anybody is booked twice
    Load {
        #[command(flatten)]
        flags: Flags,
        #[command(flatten)]
        plan: load::Plan,
    },
}

#[derive(Subcommand)]
pub enum ConfigCommand {
    /// Print every setting with its value and where it was set, secrets as `***`
    Print {
        /// As a settings file
        #[arg(long)]
        toml: bool,
        /// All settings with their defaults, as a table for documents
        #[arg(long, conflicts_with = "toml")]
        markdown: bool,
    },
    /// Name all that is wrong with the settings; exit 2 when anything is
    Check,
}

#[derive(clap::Args)]
pub struct TokenFlags {
    /// `client`, `employee` or `admin`
    #[arg(long)]
    pub role: Role,
    /// The person's id
    #[arg(long, value_name = "ID")]
    pub sub: String,
    /// The company; a client may be without
    #[arg(long, value_name = "ID")]
    pub company: Option<String>,
    /// The display name
    #[arg(long)]
    pub name: Option<String>,
    /// An employee's topics, with commas between
    #[arg(long, value_delimiter = ',')]
    pub topics: Option<Vec<String>>,
    /// What an admin may over HTTP: `read`, `operate` or `manage`; without it `operate`
    #[arg(long)]
    pub scope: Option<Scope>,
    /// For how many seconds it is good
    #[arg(long, default_value_t = 3600, value_name = "SECONDS")]
    pub ttl_s: u64,
    /// Sign with this private key (PKCS #8 in PEM) in the place of `jwt_secret`
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// The id of that key (`kid`)
    #[arg(long, value_name = "ID", requires = "key")]
    pub kid: Option<String>,
}

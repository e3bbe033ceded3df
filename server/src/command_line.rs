//! The command line: the commands, and the flags of each.

use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use switchboard::api_keys::command::KeyCommand;
use switchboard::config::{Flags, SettingDoc, nearest_flag, table};
use switchboard_load::{self as load, ServerUrl};
use switchboard_wire::Scope;
use switchboard_wire::claims::Role;
use switchboard_wire::skill::LeveledSkill;

/// Text below the help of `serve`.
const OF_SECRETS: &str = "`jwt_secret`, `api_key` and `turn_secret` have no flag, because everyone on the machine can see a \
    command line: set them as variables (`SWITCHBOARD_JWT_SECRET`, `SWITCHBOARD_API_KEY`, `SWITCHBOARD_TURN_SECRET`) or \
    in the settings file. With --dev, the first two are generated if missing.";
/// Text below the help of the other commands.
const OF_SETTINGS: &str =
    "The server's settings apply here too, from file, variables and flags: see `switchboard serve --help`.";
/// Commands whose help has all settings.
const SHOW_ALL: [&str; 2] = ["serve", "config"];
/// Settings that the help of every command has.
const SHOWN_ALWAYS: [&str; 2] = ["config", "data"];

/// Books on-demand consultations, without double bookings or lost data.
#[derive(Parser)]
#[command(name = "switchboard", version, about)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub command: Subcommands,
}

impl Subcommands {
    /// Reads the command line. A bad command line ends the program with a suggestion.
    pub(crate) fn read() -> Self {
        let mut command = with_help(CommandLine::command());
        let read = command.try_get_matches_from_mut(std::env::args_os());
        match read.and_then(|matches| CommandLine::from_arg_matches(&matches)) {
            Ok(CommandLine { command }) => command,
            Err(mut error) => {
                advise(&mut error);
                error.exit()
            }
        }
    }
}

/// Adds to the help of `serve` and `config` the default and the variable of every setting, and hides most settings in
/// the help of other commands.
fn with_help(command: clap::Command) -> clap::Command {
    let settings = table();
    command.mut_subcommands(|command| {
        let shows_all = SHOW_ALL.contains(&command.get_name());
        let has_settings = command.get_arguments().any(|flag| flag.get_id() == "max_sockets");
        if !has_settings {
            return command;
        }
        let command = command.after_help(if shows_all { OF_SECRETS } else { OF_SETTINGS });
        command.mut_args(|flag| match settings.iter().find(|setting| flag.get_id() == setting.name) {
            Some(_) if !shows_all && !SHOWN_ALWAYS.contains(&flag.get_id().as_str()) => flag.hide(true),
            Some(setting) if shows_all => {
                let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
                flag.help(format!("{help}{}", in_brackets(setting)))
            }
            Some(_) | None => flag,
        })
    })
}

fn in_brackets(setting: &SettingDoc) -> String {
    let default = setting.default.filter(|default| !default.is_empty());
    let default = default.map(|default| format!("default: {default}, ")).unwrap_or_default();
    format!(" [{default}variable: {}]", setting.variable)
}

/// Suggests the nearest setting for an unknown flag for which the parser has no suggestion.
fn advise(error: &mut clap::Error) {
    if error.kind() != ErrorKind::UnknownArgument || error.get(ContextKind::SuggestedArg).is_some() {
        return;
    }
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return };
    if let Some(near) = nearest_flag(flag.split('=').next().unwrap_or_default()) {
        error.insert(ContextKind::SuggestedArg, ContextValue::String(near));
    }
}

#[derive(Subcommand)]
pub(crate) enum Subcommands {
    /// Run the server until SIGTERM or SIGINT
    Serve {
        #[command(flatten)]
        flags: Flags,
    },
    /// Print a token for a person, or check a token
    Token {
        #[command(flatten)]
        flags: Flags,
        #[command(flatten)]
        token: TokenFlags,
    },
    /// Create, list and revoke API keys, with or without a running server
    Key {
        #[command(flatten)]
        flags: Flags,
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Print the settings, or check them for errors
    Config {
        #[command(flatten)]
        flags: Flags,
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Replay all stored events and compare the result with the tables; exit 1 if they differ
    Check {
        #[command(flatten)]
        flags: Flags,
    },
    /// Copy the store into one file; the server may be running
    Backup {
        #[command(flatten)]
        flags: Flags,
        /// Backup file to create; it must not exist yet
        file: PathBuf,
    },
    /// Restore a backup into the data directory; the server must be stopped
    Restore {
        #[command(flatten)]
        flags: Flags,
        /// Backup file to restore
        file: PathBuf,
        /// Move an existing store aside
        #[arg(long)]
        replace: bool,
    },
    /// Run a booking in six steps against a running `serve --dev`, and show the frames of each side
    Demo {
        #[command(flatten)]
        flags: Flags,
        /// URL of the server
        #[arg(long, default_value = "http://127.0.0.1:4000")]
        url: ServerUrl,
    },
    /// Print the OpenAPI 3.1 document of the HTTP API, as served at `/openapi.json`
    Openapi,
    /// Load-test a running server with many simulated people, and report latencies; exit 1 only if an employee was
    /// booked twice
    Load {
        #[command(flatten)]
        flags: Flags,
        #[command(flatten)]
        plan: load::Plan,
    },
}

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting with its value and origin, and secrets as `***`
    Print {
        /// Print as a settings file
        #[arg(long)]
        toml: bool,
        /// Print all settings with their defaults as a Markdown table
        #[arg(long, conflicts_with = "toml")]
        markdown: bool,
    },
    /// List all errors and warnings about the settings; exit 2 if there are errors
    Check,
}

#[derive(clap::Args)]
pub(crate) struct TokenFlags {
    /// Check whether a server with these settings accepts this token, and print its holder; `-` reads the token from
    /// standard input, which other users cannot see. Exit 1 if the token is refused
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["role", "sub", "company", "name", "topics", "skills", "priority", "scope", "key"])]
    pub check: Option<String>,
    /// Role: `client`, `employee` or `admin`
    #[arg(long, required_unless_present = "check")]
    pub role: Option<Role>,
    /// Id of the person
    #[arg(long, value_name = "ID", required_unless_present = "check")]
    pub sub: Option<String>,
    /// Id of the company; optional for a client
    #[arg(long, value_name = "ID")]
    pub company: Option<String>,
    /// Display name of the person
    #[arg(long)]
    pub name: Option<String>,
    /// Comma-separated topics of an employee
    #[arg(long, value_delimiter = ',')]
    pub topics: Option<Vec<String>>,
    /// Comma-separated skills of an employee, each with its level: `de:4,senior:1`
    #[arg(long, value_delimiter = ',', value_name = "SKILL:LEVEL")]
    pub skills: Option<Vec<LeveledSkill>>,
    /// Priority of a client's bookings, 0 to 10; without it, that of their route
    #[arg(long, value_name = "0-10", value_parser = clap::value_parser!(u8).range(0..=10))]
    pub priority: Option<u8>,
    /// Scope of an admin in the HTTP API: `read`, `operate` or `manage`; without it, `operate`
    #[arg(long)]
    pub scope: Option<Scope>,
    /// Lifetime of the token in seconds
    #[arg(long, default_value_t = 3600, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub ttl_s: u64,
    /// Sign with this private key (PKCS #8 in PEM) instead of `jwt_secret`
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Id of that key (`kid`)
    #[arg(long, value_name = "ID", requires = "key")]
    pub kid: Option<String>,
}

//! The command line: the commands, and the flags of each.

use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use switchboard::api_keys::command::KeyCommand;
use switchboard::config::{Flags, SettingDoc, nearest_flag, table};
use switchboard_load::{self as load, ServerUrl};
use switchboard_wire::Scope;
use switchboard_wire::claims::Role;

/// Text below the help of `serve`.
const OF_SECRETS: &str = "`jwt_secret`, `api_key` and `turn_secret` have no flag, for everybody on the machine sees a command \
    line: they are variables (`SWITCHBOARD_JWT_SECRET`, `SWITCHBOARD_API_KEY`, `SWITCHBOARD_TURN_SECRET`) or keys of \
    the settings file. With --dev they are made.";
/// Text below the help of the other commands.
const OF_SETTINGS: &str =
    "The settings of the server count here too, from file, variables and flags: `switchboard serve --help`.";
/// Commands whose help has all settings.
const SHOW_ALL: [&str; 2] = ["serve", "config"];
/// Settings that the help of every command has.
const SHOWN_ALWAYS: [&str; 2] = ["config", "data"];

/// Books on-demand consultations: nobody twice, nothing lost.
#[derive(Parser)]
#[command(name = "switchboard", version, about)]
pub struct CommandLine {
    #[command(subcommand)]
    pub command: Subcommands,
}

impl Subcommands {
    /// Reads the command line. A bad command line ends the program with a suggestion.
    pub fn read() -> Self {
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
pub enum Subcommands {
    /// Serve until asked to stop
    Serve {
        #[command(flatten)]
        flags: Flags,
    },
    /// Print a token for a person, or say whether one is good
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
        url: ServerUrl,
    },
    /// Print the HTTP API's document (OpenAPI 3.1), as `/openapi.json` serves it
    Openapi,
    /// Have many people book on a running server, and show how long everything took; exit 1 when anybody is booked
    /// twice and for nothing else
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
    /// Name all that is wrong with the settings, and what is unwise; exit 2 when anything is wrong
    Check,
}

#[derive(clap::Args)]
pub struct TokenFlags {
    /// Say whether this token is good for the server with these settings, and whose it is; `-` reads it from standard
    /// input, which nobody else sees. Exit 1 when it is refused
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["role", "sub", "company", "name", "topics", "scope", "key"])]
    pub check: Option<String>,
    /// `client`, `employee` or `admin`
    #[arg(long, required_unless_present = "check")]
    pub role: Option<Role>,
    /// The person's id
    #[arg(long, value_name = "ID", required_unless_present = "check")]
    pub sub: Option<String>,
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
    #[arg(long, default_value_t = 3600, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub ttl_s: u64,
    /// Sign with this private key (PKCS #8 in PEM) in the place of `jwt_secret`
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// The id of that key (`kid`)
    #[arg(long, value_name = "ID", requires = "key")]
    pub kid: Option<String>,
}

//! Flags of the settings, for the parser of the command line.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, value_parser};

use super::rows::{Kind, ROWS, SettingSpec};

/// Names of the flags of all rows. The parser borrows names for the life of the program.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| ROWS.iter().map(|row| row.name.replace('_', "-")).collect());

/// The flags of one command line: one for every setting but the secrets.
///
/// Values are texts here, so that a bad value is refused in the same words wherever it was set.
#[derive(Clone, Default)]
pub struct Flags {
    pub(super) config: Option<PathBuf>,
    /// Path of `--data`, which need not be UTF-8.
    pub(super) data: Option<PathBuf>,
    given: Vec<(&'static SettingSpec, String)>,
}

impl Flags {
    /// The flags of a command line that has nothing else, not even the program's name.
    ///
    /// # Errors
    /// The words of the command line's parser.
    pub fn of(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let command = Self::augment_args(Command::new("switchboard").no_binary_name(true));
        Self::from_arg_matches(&command.try_get_matches_from(arguments)?)
    }
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        let config = Arg::new("config")
            .long("config")
            .help("Settings file, in TOML")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .global(true);
        let rows = ROWS.iter().zip(NAMES.iter()).filter(|(row, _)| row.has_flag());
        command.arg(config).args(rows.map(|(row, name)| flag(row, name)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn flag(row: &'static SettingSpec, name: &'static str) -> Arg {
    let flag = Arg::new(row.name).long(name).help(row.help).value_name(row.unit);
    match row.kind {
        Kind::Switch => flag.num_args(0..=1).require_equals(true).default_missing_value("true"),
        // A command with subcommands, such as `key`, accepts this flag behind those too.
        Kind::Directory => flag.value_parser(value_parser!(PathBuf)).global(true),
        _ => flag,
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let path = |name| matches.get_one::<PathBuf>(name).cloned();
        let text = |row: &SettingSpec| match row.kind {
            Kind::Directory => path(row.name).map(|path| path.to_string_lossy().into_owned()),
            _ => matches.get_one::<String>(row.name).cloned(),
        };
        let with_flag = ROWS.iter().filter(|row| row.has_flag());
        let given = with_flag.filter_map(|row| Some((row, text(row)?))).collect();
        Ok(Self { config: path("config"), data: path("data"), given })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The values that were given, without passwords in URLs.
impl fmt::Debug for Flags {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.given().map(|(row, text)| (row.name, row.kind.shown(text)))).finish()
    }
}

impl Flags {
    /// The settings that have been given by flags, in the order of the documentation.
    pub(super) fn given(&self) -> impl Iterator<Item = (&'static SettingSpec, &str)> {
        self.given.iter().map(|(row, text)| (*row, text.as_str()))
    }
}

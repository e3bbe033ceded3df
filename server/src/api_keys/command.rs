//! `switchboard key`: makes, lists and revokes API keys, beside a running server or without one.

use std::collections::BTreeSet;
use std::path::Path;

use switchboard_core::{CompanyId, Time};
use switchboard_exchange::clock::Clock;
use switchboard_journal::api_key::{ApiKey, DatedKey, FreshKey, NotMade, WantedKey};
use switchboard_journal::audit::AuditEntry;
use switchboard_sqlite::offline_writer::OfflineWriter;
use switchboard_sqlite::{OpenError, Reader};
use switchboard_wire::Scope;
use switchboard_wire::view::Moment;

use crate::audit::COMMAND_LINE;

/// Keys that may be in force at once: more than a server has services and companies.
const KEYS_MAX: u64 = 1_000;
const DAY_MS: u64 = 24 * 3600 * 1000;

/// Operations on API keys.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum KeyCommand {
    /// Create a key and print it; it cannot be shown again
    Create {
        /// Name of the key in lists, such as the service that uses it
        #[arg(long)]
        name: String,
        /// `read`, `operate` or `manage`; each includes the ones before it
        #[arg(long)]
        scope: Scope,
        /// Company that the key is limited to; may be repeated; without it, the key is for all companies
        #[arg(long, value_name = "ID")]
        company: Vec<CompanyId>,
        /// Days until the key expires; without it, the key never expires
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u64).range(1..=36_500))]
        days: Option<u64>,
    },
    /// List all keys, including revoked ones
    List,
    /// Revoke a key; this takes effect within two seconds
    Revoke {
        /// Name or id of the key
        key: String,
    },
}

/// Reason why a key could not be made or revoked.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store refused the change.
    #[error(transparent)]
    Store(#[from] switchboard_sqlite::Error),
    /// A name that is ambiguous, or would look like something else in a list.
    #[error("a key's name has 1 to 128 characters of `A-Z a-z 0-9 . _ ~ @ -`, and is not `settings`")]
    Name,
    /// A key of that name exists already.
    #[error("there is a key `{0}` already: choose another name, or revoke it first")]
    Taken(String),
    /// The store holds the maximum of keys.
    #[error("there are {KEYS_MAX} keys already: revoke those that are no longer needed")]
    TooMany,
    /// No key with that name or id can be revoked.
    #[error("there is no key `{0}` to revoke: `switchboard key list` shows all keys")]
    Unknown(String),
    /// The system has no randomness.
    #[error("the system's random number generator failed")]
    Randomness,
}

/// Runs the command. Returns the text to print.
///
/// # Errors
/// The reason why the command had no effect.
pub fn run(command: KeyCommand, data: &Path) -> Result<String, KeyError> {
    let clock = Clock::start();
    match command {
        KeyCommand::Create { name, scope, company, days } => {
            if name.parse::<CompanyId>().is_err() || name == ApiKey::OF_SETTINGS {
                return Err(KeyError::Name);
            }
            let companies: BTreeSet<String> = company.iter().map(ToString::to_string).collect();
            let expires_at_ms = days.map(|days| clock.now().as_ms() + days * DAY_MS);
            let companies = (!companies.is_empty()).then_some(&companies);
            create(&WantedKey { name: &name, scope, companies, expires_at_ms }, data, &clock)
        }
        KeyCommand::List => {
            let reader = Reader::open(data)?;
            let keys = reader.ask(|past| past.api_keys()).map_err(switchboard_sqlite::Error::from)?;
            Ok(keys.iter().map(|listed| shown(listed, clock.now())).collect())
        }
        KeyCommand::Revoke { key } => revoke(&key, data, &clock),
    }
}

fn create(wanted: &WantedKey<'_>, data: &Path, clock: &Clock) -> Result<String, KeyError> {
    let fresh = FreshKey::draw().map_err(|_| KeyError::Randomness)?;
    let line = line(clock, "key create", &fresh.id);
    match OfflineWriter::open(data)?.make_key(&fresh, wanted, KEYS_MAX, &line)? {
        Ok(()) => {}
        Err(NotMade::Taken) => return Err(KeyError::Taken(wanted.name.to_owned())),
        Err(NotMade::TooMany) => return Err(KeyError::TooMany),
    }
    Ok(format!("{}\n", fresh.text))
}

fn revoke(which: &str, data: &Path, clock: &Clock) -> Result<String, KeyError> {
    let revoked = OfflineWriter::open(data)?.revoke_key(which, line(clock, "key revoke", ""))?;
    let (id, name) = revoked.ok_or_else(|| KeyError::Unknown(which.to_owned()))?;
    Ok(format!("revoked {id} {name}\n"))
}

fn line(clock: &Clock, command: &str, target: &str) -> AuditEntry {
    let id = clock.fresh_line();
    AuditEntry {
        id,
        at: clock.now(),
        key_id: None,
        key_name: COMMAND_LINE.to_owned(),
        company: None,
        method: "COMMAND".to_owned(),
        route: command.to_owned(),
        target: target.to_owned(),
        request_id: id.to_string(),
        address: None,
    }
}

/// A key in one line: id, name, scope, companies, and further facts.
fn shown(listed: &DatedKey, now: Time) -> String {
    let DatedKey { key, created_at_ms, revoked_at_ms } = listed;
    let at = |ms: u64| view_of(Time::from_ms(ms));
    let companies = key.companies.as_ref().map_or_else(
        || "all companies".to_owned(),
        |companies| companies.iter().cloned().collect::<Vec<_>>().join(","),
    );
    let mut line = format!("{} {} {} {companies}", key.id.as_deref().unwrap_or_default(), key.name, key.scope);
    line += &format!("; created {}", at(*created_at_ms));
    if let Some(used_ms) = key.last_used_at_ms {
        line += &format!("; last used about {}", at(used_ms));
    }
    if let Some(end_ms) = key.expires_at_ms {
        line += &format!("; {} {}", if key.is_good_at(now.as_ms()) { "expires" } else { "expired" }, at(end_ms));
    }
    if let Some(revoked_ms) = revoked_at_ms {
        line += &format!("; revoked {}", at(*revoked_ms));
    }
    line + "\n"
}

fn view_of(time: Time) -> String {
    switchboard_wire::view::json(&Moment(time)).trim_matches('"').to_owned()
}

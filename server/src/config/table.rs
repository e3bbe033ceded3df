//! The table of all settings: names, defaults and bounds.

use std::borrow::Cow;

use switchboard_core::limits::MESSAGE_BODY_MAX_BYTES;
use switchboard_wire::HIDDEN;

use super::{Flags, LogFormat};
use crate::shown_url::without_password;

/// What a setting's value must be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Address,
    Directory,
    /// A file; none when it is empty.
    File,
    Switch,
    Secret,
    /// Any text; none when it is empty.
    Text,
    /// Texts with commas between, or an array of them in the settings file.
    List,
    /// A URL; none when it is empty.
    Url,
    LogFilter,
    /// One of a few words.
    OneOf(&'static [&'static str]),
    /// An address, or nothing.
    AddressOrNone,
    /// A whole number within bounds, both included.
    Whole(u64, u64),
}

impl Kind {
    pub(super) fn expected(self) -> Cow<'static, str> {
        match self {
            Kind::Address => "an address and port such as `127.0.0.1:4000`".into(),
            Kind::Directory => "a directory".into(),
            Kind::File => "a file".into(),
            Kind::Switch => "`true` or `false`".into(),
            Kind::Secret | Kind::Text => "a text".into(),
            Kind::List => "texts with commas between".into(),
            Kind::Url => "a URL".into(),
            Kind::LogFilter => "a log filter such as `info` or `warn,switchboard=debug`".into(),
            Kind::OneOf(words) => format!("one of `{}`", words.join("`, `")).into(),
            Kind::AddressOrNone => "an address and port such as `127.0.0.1:4001`, or nothing".into(),
            Kind::Whole(least, most) => format!("a whole number from {least} to {most}").into(),
        }
    }
}

impl Kind {
    /// A value of it as it may be shown.
    pub(super) fn shown(self, value: &str) -> Cow<'_, str> {
        match self {
            Kind::Secret if !value.is_empty() => HIDDEN.into(),
            Kind::Url => without_password(value),
            Kind::List => value.split(',').map(without_password).collect::<Vec<_>>().join(",").into(),
            _ => value.into(),
        }
    }
}

/// One setting. The same name everywhere: `max_sockets`, `SWITCHBOARD_MAX_SOCKETS`, `--max-sockets`.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) default: Option<&'static str>,
}

/// A limit that 0 turns off.
const COUNT_OR_OFF: Kind = Kind::Whole(0, 1_000_000);

pub(super) static ROWS: [Row; 45] = [
    row("listen", Kind::Address, Some("127.0.0.1:4000")),
    row("data", Kind::Directory, Some("data")),
    row("dev", Kind::Switch, Some("false")),
    row("auto_provision", Kind::Switch, Some("false")),
    row("console", Kind::Switch, Some("true")),
    row("sign_in_url", Kind::Url, Some("")),
    row("jwt_secret", Kind::Secret, None),
    row("jwt_keys", Kind::File, Some("")),
    row("jwks_url", Kind::Url, Some("")),
    row("jwt_audience", Kind::Text, Some("")),
    row("jwt_issuer", Kind::Text, Some("")),
    // Clocks that follow a time server differ by less.
    row("jwt_leeway_s", Kind::Whole(0, 300), Some("5")),
    row("api_key", Kind::Secret, None),
    row("log", Kind::LogFilter, Some("info")),
    row("log_format", Kind::OneOf(&LogFormat::WORDS), Some("text")),
    row("metrics_listen", Kind::AddressOrNone, Some("")),
    row("otlp_endpoint", Kind::Url, Some("")),
    row("max_sockets", Kind::Whole(1, 1_000_000), Some("50000")),
    // phoenix.js beats every 30 s and gives up 30 s later: a server that is less patient cuts live sockets.
    row("socket_idle_timeout_ms", Kind::Whole(60_000, 3_600_000), Some("90000")),
    row("journal_queue", Kind::Whole(64, 1_048_576), Some("65536")),
    row("outbox_frames", Kind::Whole(16, 65_536), Some("256")),
    // Orchestrators kill after 10 s: a second is left for the store.
    row("drain_timeout_ms", Kind::Whole(0, 9_000), Some("8000")),
    // A line is about 300 bytes: 300 MB.
    row("audit_rows", Kind::Whole(1_000, 100_000_000), Some("1000000")),
    row("trust_loopback", Kind::Switch, Some("true")),
    row("trusted_proxies", Kind::List, Some("")),
    row("forwarded_header", Kind::Text, Some("x-forwarded-for")),
    row("allowed_origins", Kind::List, Some("")),
    row("tls_certificate", Kind::File, Some("")),
    row("tls_key", Kind::File, Some("")),
    // A large office behind one address.
    row("sockets_per_address", COUNT_OR_OFF, Some("2048")),
    // All of its devices come back at once, and once more.
    row("handshakes_per_address_per_s", COUNT_OR_OFF, Some("200")),
    row("failures_per_address_per_s", COUNT_OR_OFF, Some("3")),
    row("sockets_per_person", COUNT_OR_OFF, Some("256")),
    // A device that joins a hundred topics again after each of a few lost lines.
    row("joins_per_person_per_s", COUNT_OR_OFF, Some("30")),
    // Far more than a person does, and a small part of what the store commits.
    row("changes_per_person_per_s", COUNT_OR_OFF, Some("100")),
    // Each rings on somebody's desk: a person who tries again by hand never comes near it.
    row("searches_per_client_per_s", COUNT_OR_OFF, Some("1")),
    row("messages_per_person_per_s", COUNT_OR_OFF, Some("50")),
    // WebRTC candidates and typing come in flocks.
    row("signals_per_person_per_s", COUNT_OR_OFF, Some("100")),
    // A thousand people who write a message of some hundred bytes every second.
    row("stored_bytes_per_company_per_s", Kind::Whole(0, 1_073_741_824), Some("4194304")),
    // A book of some thousand pages. At least the longest message, which nobody could send otherwise; at most 1 GiB, which
    // is already up to 8 GB on everybody's disk.
    row("message_bytes_per_session", Kind::Whole(MESSAGE_BODY_MAX_BYTES as u64, 1_073_741_824), Some("16777216")),
    row("stun_urls", Kind::List, Some("")),
    row("turn_urls", Kind::List, Some("")),
    row("turn_secret", Kind::Secret, None),
    row("webhooks_allow_private", Kind::Switch, Some("false")),
    row("webhooks_attempts", Kind::Whole(1, 10), Some("10")),
];

const fn row(name: &'static str, kind: Kind, default: Option<&'static str>) -> Row {
    Row { name, kind, default }
}

impl Row {
    pub(super) fn named(name: &str) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.name == name)
    }

    pub(super) fn variable(&self) -> String {
        format!("SWITCHBOARD_{}", self.name.to_uppercase())
    }

    pub(super) fn flag(&self) -> String {
        format!("--{}", self.name.replace('_', "-"))
    }
}

/// One setting, as documents show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingDoc {
    /// Its name, which is its key in the settings file.
    pub name: &'static str,
    /// Its variable.
    pub variable: String,
    /// Its flag; a secret has none.
    pub flag: Option<String>,
    /// Its default as text; `None` when it must be set.
    pub default: Option<&'static str>,
    /// What its value must be, bounds included.
    pub expected: Cow<'static, str>,
    /// What it does; the same words as in `--help`.
    pub what: String,
}

/// All settings in the order that documents show them in.
pub fn table() -> Vec<SettingDoc> {
    let command = <Flags as clap::Args>::augment_args(clap::Command::new("switchboard"));
    let help_of = |name: &str| {
        let mut arguments = command.get_arguments();
        let argument = arguments.find(|argument| argument.get_id() == name);
        argument.and_then(|argument| argument.get_help()).map(ToString::to_string)
    };
    let document = |row: &Row| {
        let help = help_of(row.name);
        SettingDoc {
            name: row.name,
            variable: row.variable(),
            flag: help.as_ref().map(|_| row.flag()),
            default: row.default,
            expected: row.kind.expected(),
            what: help.unwrap_or_else(|| what_without_flag(row.name).to_owned()),
        }
    };
    ROWS.iter().map(document).collect()
}

fn what_without_flag(name: &str) -> &'static str {
    match name {
        "jwt_secret" => {
            "Secret that tokens are signed with (HS256), best 32 random bytes or more; its characters are the key"
        }
        "api_key" => "Key that back ends present to the HTTP API, with all rights; more are made by `switchboard key`",
        "turn_secret" => {
            "Secret that the TURN servers share (`use-auth-secret` of coturn), best 32 random bytes or more"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_says_what_it_does() {
        for setting in table() {
            assert!(!setting.what.is_empty(), "{}", setting.name);
        }
    }

    #[test]
    fn the_secrets_have_no_flag_and_all_others_have_one() {
        for (row, setting) in ROWS.iter().zip(table()) {
            let is_secret = matches!(row.kind, Kind::Secret);
            assert_eq!(setting.flag.is_none(), is_secret, "{}", row.name);
        }
    }

    #[test]
    fn every_flag_but_config_is_a_setting() {
        let command = <Flags as clap::Args>::augment_args(clap::Command::new("switchboard"));
        for argument in command.get_arguments() {
            let name = argument.get_id().as_str();
            assert!(name == "config" || Row::named(name).is_some(), "{name}");
        }
    }
}

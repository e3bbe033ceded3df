//! The list of settings: one row gives a setting its name, type, default, unit, bounds and help.

use std::borrow::Cow;

use switchboard_core::limits::MESSAGE_BODY_MAX_BYTES;
use switchboard_wire::HIDDEN;

use self::Kind::{Address, AddressOrNone, Directory, File, List, LogFilter, OneOf, Switch, Text, Whole};
use super::LogFormat;
use super::shown_url::without_password;

/// The kind of a setting's value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Address,
    Directory,
    /// A file; an empty text is none.
    File,
    Switch,
    Secret,
    /// Any text; an empty text is none.
    Text,
    /// Texts with commas between, or an array of them in the settings file.
    List,
    /// A URL; an empty text is none.
    Url,
    LogFilter,
    OneOf(&'static [&'static str]),
    /// An address; an empty text is none.
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
            Kind::Secret | Kind::Text => "a string".into(),
            Kind::List => "a comma-separated list".into(),
            Kind::Url => "a URL".into(),
            Kind::LogFilter => "a log filter such as `info` or `warn,switchboard=debug`".into(),
            Kind::OneOf(words) => format!("one of `{}`", words.join("`, `")).into(),
            Kind::AddressOrNone => "an address and port such as `127.0.0.1:4001`, or nothing".into(),
            Kind::Whole(least, most) => format!("a whole number from {least} to {most}").into(),
        }
    }
}

impl Kind {
    /// The text of a value without a secret, and without a password in a URL.
    pub(super) fn shown(self, value: &str) -> Cow<'_, str> {
        match self {
            Kind::Secret if !value.is_empty() => HIDDEN.into(),
            Kind::Url => without_password(value),
            Kind::List => value.split(',').map(without_password).collect::<Vec<_>>().join(",").into(),
            _ => value.into(),
        }
    }
}

/// One setting, with the same name everywhere: `max_sockets`, `SWITCHBOARD_MAX_SOCKETS`, `--max-sockets`.
pub(super) struct SettingSpec {
    pub(super) name: &'static str,
    /// Purpose, as `--help` and the documents show it.
    pub(super) help: &'static str,
    pub(super) kind: Kind,
    /// Unit of the value, as `--help` shows it behind the flag.
    pub(super) unit: &'static str,
    pub(super) default: Option<&'static str>,
}

impl SettingSpec {
    pub(super) fn named(name: &str) -> Option<&'static SettingSpec> {
        ROWS.iter().find(|row| row.name == name)
    }

    pub(super) fn variable(&self) -> String {
        format!("SWITCHBOARD_{}", self.name.to_uppercase())
    }

    /// Whether this setting has a flag. A secret has none, because everyone on the machine can see a command line.
    pub(super) fn has_flag(&self) -> bool {
        !matches!(self.kind, Kind::Secret)
    }

    pub(super) fn flag(&self) -> String {
        format!("--{}", self.name.replace('_', "-"))
    }
}

/// A limit that 0 turns off.
const COUNT_OR_OFF: Kind = Whole(0, 1_000_000);

/// Hands the list to a macro, which makes the rows below or the struct that holds the values.
///
/// An entry `name: Type = default, "UNIT", kind;` is a setting and a field of the struct. An entry without a type is a
/// setting that a larger field contains, such as `jwt_keys` in `tokens`. An entry without a default is such a field.
/// `by` names the function that reads the field; other fields are read as their type says.
///
/// Documents and `--help` show the settings in the order of the list. Fields are read in the same order, so that order
/// also decides which of several bad settings ends the start.
macro_rules! each_setting {
    ($make:ident) => {
        $make! {
                /// Address and port to listen on
                listen: SocketAddr = Some("127.0.0.1:4000"), "ADDRESS", Address;
                /// Directory that holds all data
                data: PathBuf, by Layers::data = Some("data"), "DIR", Directory;
                /// Development mode for your own machine: generates missing secrets and turns on `auto_provision`
                dev: bool = Some("false"), "BOOL", Switch;
                /// Create a company or an employee when the first valid token names it
                auto_provision: bool = Some("false"), "BOOL", Switch;
                /// Serve the web pages `/desk`, `/book/{company}` and `/board`
                console: bool = Some("true"), "BOOL", Switch;
                /// URL in your app that signs people in and redirects them back to the page named in `return_to`
                sign_in_url: Option<PrivateUrl<Url>>, by sign_in_url = Some(""), "URL", Kind::Url;
                /// Keys and rules that tokens are checked with
                tokens: Tokens, by Settings::tokens;
                /// Secret that signs tokens (HS256), ideally 32 random bytes or more; the text is the key, without decoding
                jwt_secret = None, "TEXT", Kind::Secret;
                /// File with public keys that verify tokens, as JWKS or PEM; reloaded when the file changes
                jwt_keys = Some(""), "FILE", File;
                /// URL of a JWKS with public keys that verify tokens; fetched periodically
                jwks_url = Some(""), "URL", Kind::Url;
                /// Audience that a token's `aud` claim must contain
                jwt_audience = Some(""), "TEXT", Text;
                /// Issuer that a token's `iss` claim must equal
                jwt_issuer = Some(""), "TEXT", Text;
                // Clocks that follow a time server differ by less.
                /// Tolerated clock skew of token issuers, in seconds
                jwt_leeway_s = Some("5"), "S", Whole(0, 300);
                /// API key for back ends, with all rights; `switchboard key` creates further keys
                api_key: Option<Secret> = None, "TEXT", Kind::Secret;
                /// Log filter (`tracing` syntax), such as `info` or `warn,switchboard=debug`
                log: String = Some("info"), "FILTER", LogFilter;
                /// Format of log lines: `text` for people, `json` for programs
                log_format: LogFormat = Some("text"), "FORMAT", OneOf(&LogFormat::WORDS);
                /// Separate address and port for `/metrics`, `/healthz` and `/readyz`, without a key
                metrics_listen: Option<SocketAddr> = Some(""), "ADDRESS", AddressOrNone;
                /// Endpoint for OpenTelemetry traces (OTLP over HTTP); requires a build with the feature `otlp`
                otlp_endpoint: Option<PrivateUrl<String>>, by otlp_endpoint = Some(""), "URL", Kind::Url;
                /// Maximum number of open sockets
                max_sockets: usize = Some("50000"), "COUNT", Whole(1, 1_000_000);
                // phoenix.js sends a heartbeat every 30 s and gives up 30 s later: a less patient server would cut live sockets.
                /// Close a socket that has sent nothing for this time; apps send a heartbeat every 30 s
                socket_idle_timeout_ms: u64 = Some("90000"), "MS", Whole(60_000, 3_600_000);
                /// Maximum number of changes queued for the store; further ones are refused as `overloaded`
                journal_queue: usize = Some("65536"), "COUNT", Whole(64, 1_048_576);
                /// Maximum number of frames queued for one socket; a slower socket is closed
                outbox_frames: usize = Some("256"), "COUNT", Whole(16, 65_536);
                // Orchestrators kill after 10 s, so a second is left for the store.
                /// Time over which a stopping server closes its sockets, a few at a time
                drain_timeout_ms: u64 = Some("8000"), "MS", Whole(0, 9_000);
                // A line has about 300 bytes: the default is 300 MB.
                /// Maximum number of lines in the audit list; the oldest are deleted first
                audit_rows: i64 = Some("1000000"), "COUNT", Whole(1_000, 100_000_000);
                /// TLS, and the origins that pages may come from
                door: DoorSettings, by Settings::door;
                /// Limits of one person and of one address
                limits: Limits, by Settings::limits;
                /// Exempt connections from this machine, which usually come from a proxy, from the limits per address
                trust_loopback = Some("true"), "BOOL", Switch;
                /// Proxies that may name the client's address in a header: comma-separated addresses and networks
                trusted_proxies = Some(""), "LIST", List;
                /// Header in which trusted proxies name the client: `x-forwarded-for` or `forwarded`
                forwarded_header = Some("x-forwarded-for"), "NAME", Text;
                /// Comma-separated origins that may open sockets and call the API; if empty, any may open sockets and none may call the API
                allowed_origins = Some(""), "LIST", List;
                /// PEM file with the TLS certificate and its chain; reloaded when the file changes
                tls_certificate = Some(""), "FILE", File;
                /// PEM file with the certificate's private key
                tls_key = Some(""), "FILE", File;
                // A large office behind one address.
                /// Maximum number of open sockets per address
                sockets_per_address = Some("2048"), "COUNT", COUNT_OR_OFF;
                // All devices of that office reconnect at once, and once more.
                /// Maximum number of socket handshakes per address and second
                handshakes_per_address_per_s = Some("200"), "COUNT", COUNT_OR_OFF;
                /// Maximum number of bad tokens, and of bad API keys, per address and second
                failures_per_address_per_s = Some("3"), "COUNT", COUNT_OR_OFF;
                /// Maximum number of open sockets per person
                sockets_per_person = Some("256"), "COUNT", COUNT_OR_OFF;
                // A device joins a hundred topics again after each of a few lost connections.
                /// Maximum number of topic joins per person and second
                joins_per_person_per_s = Some("30"), "COUNT", COUNT_OR_OFF;
                // A person does far less, and the store commits far more.
                /// Maximum number of pushes (such as `book`) and HTTP requests per person and second, except messages and signals
                changes_per_person_per_s = Some("100"), "COUNT", COUNT_OR_OFF;
                // Each search rings at an employee's desk, and a client who retries by hand stays far below one a second.
                /// Maximum number of searches started per client and second; the default allows bursts of 20
                searches_per_client_per_s = Some("1"), "COUNT", COUNT_OR_OFF;
                /// Maximum number of messages and notes per person and second
                messages_per_person_per_s = Some("50"), "COUNT", COUNT_OR_OFF;
                // WebRTC candidates and typing signals come in bursts.
                /// Maximum number of signals per person and second
                signals_per_person_per_s = Some("100"), "COUNT", COUNT_OR_OFF;
                // A thousand people each write a message of some hundred bytes every second.
                /// Maximum number of bytes stored per company and second, for actions of people and for the company's configuration
                stored_bytes_per_company_per_s = Some("4194304"), "BYTES", Whole(0, 1_073_741_824);
                // The default is a book of some thousand pages. The least is the longest message, which could not be sent
                // otherwise; the most is 1 GiB, which already takes up to 8 GB on disk.
                /// Maximum total size of the messages of one session, in bytes
                message_bytes_per_session: u64 = Some("16777216"), "BYTES", Whole(MESSAGE_BODY_MAX_BYTES as u64, 1_073_741_824);
                /// Servers that calls between browsers are set up with
                ice: Ice, by Settings::ice;
                /// Comma-separated STUN servers for calls, such as `stun:stun.example.com:3478`
                stun_urls = Some(""), "LIST", List;
                /// Comma-separated TURN servers that relay calls, such as `turn:turn.example.com:3478`; requires `turn_secret`
                turn_urls = Some(""), "LIST", List;
                /// Secret shared with the TURN servers (`use-auth-secret` of coturn), ideally 32 random bytes or more
                turn_secret = None, "TEXT", Kind::Secret;
                /// Allow webhooks to private addresses and without TLS
                webhooks_allow_private: bool = Some("false"), "BOOL", Switch;
                /// Delivery attempts for a webhook event, over about three days, before the delivery is dead
                webhooks_attempts: u32 = Some("10"), "COUNT", Whole(1, 10);
        }
    };
}
pub(super) use each_setting;

macro_rules! rows {
    ($(
        #[doc = $help:literal]
        $name:ident
        $(: $field:ty $(, by $reader:path)?)?
        $(= $default:expr, $unit:literal, $kind:expr)?;
    )+) => {
        /// All settings, in the order of the documentation.
        pub(super) static ROWS: &[SettingSpec] = &[$($(
            SettingSpec {
                name: stringify!($name),
                help: $help.trim_ascii(),
                kind: $kind,
                unit: $unit,
                default: $default,
            },
        )?)+];
    };
}
each_setting!(rows);

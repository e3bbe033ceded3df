//! The flags that settings can be given by.

use std::fmt;
use std::path::PathBuf;

use super::table::Row;

/// A flag for every setting but the secrets: a command line is shown to everyone on the machine.
///
/// Values are texts here, so that a bad one is refused in the same words wherever it was set.
#[derive(Clone, Default, clap::Args)]
pub struct Flags {
    /// Settings file, in TOML
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,

    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,

    /// Directory that everything is kept in
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,

    /// Try it on your own machine: makes the secrets that are not given, and turns `auto_provision` on
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub dev: Option<String>,

    /// Let the first valid token that names a company or an employee make it
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub auto_provision: Option<String>,

    /// Serve the pages for people: `/desk`, `/book/{company}` and `/board`
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub console: Option<String>,

    /// URL in your app that signs people in and brings them back to the pages, which name themselves in `return_to`
    #[arg(long, value_name = "URL")]
    pub sign_in_url: Option<String>,

    /// File with public keys that tokens are signed with: a JWKS, or PEM; read again when it changes
    #[arg(long, value_name = "FILE")]
    pub jwt_keys: Option<String>,

    /// URL of a JWKS with public keys that tokens are signed with; asked again and again
    #[arg(long, value_name = "URL")]
    pub jwks_url: Option<String>,

    /// What `aud` of a token must name
    #[arg(long, value_name = "TEXT")]
    pub jwt_audience: Option<String>,

    /// What `iss` of a token must be
    #[arg(long, value_name = "TEXT")]
    pub jwt_issuer: Option<String>,

    /// By how many seconds the clock of whoever makes tokens may differ
    #[arg(long, value_name = "S")]
    pub jwt_leeway_s: Option<String>,

    /// What to log, as a filter of tracing's, such as `info` or `warn,switchboard=debug`
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,

    /// How log lines look: `text` for people, `json` for programs
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<String>,

    /// Address and port for `/metrics`, `/healthz` and `/readyz` alone, without a key
    #[arg(long, value_name = "ADDRESS")]
    pub metrics_listen: Option<String>,

    /// Where to send traces for OpenTelemetry (OTLP over HTTP); only in a build with the feature `otlp`
    #[arg(long, value_name = "URL")]
    pub otlp_endpoint: Option<String>,

    /// How many sockets may be open at once
    #[arg(long, value_name = "COUNT")]
    pub max_sockets: Option<String>,

    /// Close a socket that said nothing for so long; apps send a heartbeat every 30 s
    #[arg(long, value_name = "MS")]
    pub socket_idle_timeout_ms: Option<String>,

    /// How many changes may wait for the store before new ones are refused as `overloaded`
    #[arg(long, value_name = "COUNT")]
    pub journal_queue: Option<String>,

    /// How many frames may wait for one slow socket before it is closed
    #[arg(long, value_name = "COUNT")]
    pub outbox_frames: Option<String>,

    /// How long a stopping server takes to close its sockets, a few at a time
    #[arg(long, value_name = "MS")]
    pub drain_timeout_ms: Option<String>,

    /// How many lines of the audit list are kept; the oldest go first
    #[arg(long, value_name = "COUNT")]
    pub audit_rows: Option<String>,

    /// Leave connections from this machine, which are usually a proxy's, out of the limits per address
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub trust_loopback: Option<String>,

    /// Proxies whose word counts for who is behind them: addresses and networks, with commas between
    #[arg(long, value_name = "LIST")]
    pub trusted_proxies: Option<String>,

    /// Header in which they say it: `x-forwarded-for` or `forwarded`
    #[arg(long, value_name = "NAME")]
    pub forwarded_header: Option<String>,

    /// Origins whose pages may open sockets and call the API, with commas between; empty: sockets from any, the API from none
    #[arg(long, value_name = "LIST")]
    pub allowed_origins: Option<String>,

    /// File with the certificate and its chain in PEM, to speak TLS; read again when it changes
    #[arg(long, value_name = "FILE")]
    pub tls_certificate: Option<String>,

    /// File with the certificate's private key in PEM
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<String>,

    /// How many sockets one address may have at once
    #[arg(long, value_name = "COUNT")]
    pub sockets_per_address: Option<String>,

    /// How many handshakes of sockets one address may make a second
    #[arg(long, value_name = "COUNT")]
    pub handshakes_per_address_per_s: Option<String>,

    /// How many bad tokens, and how many bad API keys, one address may present a second
    #[arg(long, value_name = "COUNT")]
    pub failures_per_address_per_s: Option<String>,

    /// How many sockets one person may have at once
    #[arg(long, value_name = "COUNT")]
    pub sockets_per_person: Option<String>,

    /// How many topics one person may join a second
    #[arg(long, value_name = "COUNT")]
    pub joins_per_person_per_s: Option<String>,

    /// How much else than messages and signals one person may push or ask over HTTP a second, such as `book`
    #[arg(long, value_name = "COUNT")]
    pub changes_per_person_per_s: Option<String>,

    /// How many searches one client may begin a second, 20 of them at once after a rest
    #[arg(long, value_name = "COUNT")]
    pub searches_per_client_per_s: Option<String>,

    /// How many messages and notes one person may send a second
    #[arg(long, value_name = "COUNT")]
    pub messages_per_person_per_s: Option<String>,

    /// How many signals one person may send a second
    #[arg(long, value_name = "COUNT")]
    pub signals_per_person_per_s: Option<String>,

    /// How many bytes may be stored a second of all that people of one company write and do, and of what is set of it
    #[arg(long, value_name = "BYTES")]
    pub stored_bytes_per_company_per_s: Option<String>,

    /// How many bytes of messages one session may have in all
    #[arg(long, value_name = "BYTES")]
    pub message_bytes_per_session: Option<String>,

    /// STUN servers that calls are set up with, such as `stun:stun.example.com:3478`, with commas between
    #[arg(long, value_name = "LIST")]
    pub stun_urls: Option<String>,

    /// TURN servers that relay calls, such as `turn:turn.example.com:3478`, with commas between; with `turn_secret`
    #[arg(long, value_name = "LIST")]
    pub turn_urls: Option<String>,

    /// Let webhooks go to private addresses, and without TLS
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub webhooks_allow_private: Option<String>,

    /// How often a webhook's event is tried, in the course of about three days, before it is dead
    #[arg(long, value_name = "COUNT")]
    pub webhooks_attempts: Option<String>,
}

/// Those that were given, as they may be shown.
impl fmt::Debug for Flags {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |name, text: &str| Row::named(name).map(|row| row.kind.shown(text).into_owned());
        formatter.debug_map().entries(self.given().map(|(name, text)| (name, shown(name, &text)))).finish()
    }
}

impl Flags {
    /// The flags that were given, by the name of their setting.
    pub(super) fn given(&self) -> impl Iterator<Item = (&'static str, String)> {
        let data = self.data.as_ref().map(|path| path.to_string_lossy().into_owned());
        [
            ("listen", self.listen.clone()),
            ("data", data),
            ("dev", self.dev.clone()),
            ("auto_provision", self.auto_provision.clone()),
            ("console", self.console.clone()),
            ("sign_in_url", self.sign_in_url.clone()),
            ("jwt_keys", self.jwt_keys.clone()),
            ("jwks_url", self.jwks_url.clone()),
            ("jwt_audience", self.jwt_audience.clone()),
            ("jwt_issuer", self.jwt_issuer.clone()),
            ("jwt_leeway_s", self.jwt_leeway_s.clone()),
            ("log", self.log.clone()),
            ("log_format", self.log_format.clone()),
            ("metrics_listen", self.metrics_listen.clone()),
            ("otlp_endpoint", self.otlp_endpoint.clone()),
            ("max_sockets", self.max_sockets.clone()),
            ("socket_idle_timeout_ms", self.socket_idle_timeout_ms.clone()),
            ("journal_queue", self.journal_queue.clone()),
            ("outbox_frames", self.outbox_frames.clone()),
            ("drain_timeout_ms", self.drain_timeout_ms.clone()),
            ("audit_rows", self.audit_rows.clone()),
            ("trust_loopback", self.trust_loopback.clone()),
            ("trusted_proxies", self.trusted_proxies.clone()),
            ("forwarded_header", self.forwarded_header.clone()),
            ("allowed_origins", self.allowed_origins.clone()),
            ("tls_certificate", self.tls_certificate.clone()),
            ("tls_key", self.tls_key.clone()),
            ("sockets_per_address", self.sockets_per_address.clone()),
            ("handshakes_per_address_per_s", self.handshakes_per_address_per_s.clone()),
            ("failures_per_address_per_s", self.failures_per_address_per_s.clone()),
            ("sockets_per_person", self.sockets_per_person.clone()),
            ("joins_per_person_per_s", self.joins_per_person_per_s.clone()),
            ("changes_per_person_per_s", self.changes_per_person_per_s.clone()),
            ("searches_per_client_per_s", self.searches_per_client_per_s.clone()),
            ("messages_per_person_per_s", self.messages_per_person_per_s.clone()),
            ("signals_per_person_per_s", self.signals_per_person_per_s.clone()),
            ("stored_bytes_per_company_per_s", self.stored_bytes_per_company_per_s.clone()),
            ("message_bytes_per_session", self.message_bytes_per_session.clone()),
            ("stun_urls", self.stun_urls.clone()),
            ("turn_urls", self.turn_urls.clone()),
            ("webhooks_allow_private", self.webhooks_allow_private.clone()),
            ("webhooks_attempts", self.webhooks_attempts.clone()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }
}

//! What is counted and measured while the server runs, as Prometheus reads it.

mod process;

use std::sync::LazyLock;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use switchboard_core::{BookingReason, EndedBy, Outcome, Status};
use switchboard_wire::phoenix::code;

/// The metrics of this process. One for all, as the log is: what is counted here decides nothing.
pub static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

/// The target of spans: traces are made of them and of nothing else, and the log does without.
pub const TRACE: &str = "switchboard::trace";

/// The type of what [`Metrics::scrape`] writes.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How a booking ended that led to a session; all others end with a [`BookingReason`].
pub const ASSIGNED: &str = "assigned";

/// Counters and histograms, each with its handle at hand: on the way of a booking no label is looked up.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Employees of the companies in memory, by status.
    pub employees: Words<Gauge>,
    /// Companies in memory.
    pub companies: Gauge,
    /// Clients with an open booking or a running session.
    pub open_clients: Gauge,
    /// Bookings that ended, by `assigned` or why not.
    pub bookings: Words<Counter>,
    /// Offers that ended, by outcome.
    pub offers: Words<Counter>,
    /// Sessions that ended, by who ended them.
    pub sessions: Words<Counter>,
    /// From a booking's way into its company to its first offer's way out, committed.
    pub book_to_offer: Histogram,
    /// From an offer to the employee's yes or no.
    pub offer_to_answer: Histogram,
    /// From a booking's opening to its end, as a session or without one.
    pub search: Histogram,
    /// How long sessions last.
    pub session: Histogram,
    /// How long a company decides about one command, under its lock.
    pub decision: Histogram,
    /// How long the store takes to commit a batch.
    pub commit: Histogram,
    /// Entries that are committed at once.
    pub batch: Histogram,
    /// How long it takes to file a slice of what is committed.
    pub filing: Histogram,
    /// Entries that wait for the journal.
    pub journal_queue: Gauge,
    /// Entries that may wait for it.
    pub journal_queue_max: Gauge,
    /// Whether the store can commit.
    pub store_healthy: Gauge,
    /// Open sockets.
    pub sockets: Gauge,
    /// Sockets that were opened.
    pub sockets_opened: Counter,
    /// Sockets that were closed from this side, by why.
    pub sockets_closed: Words<Counter>,
    /// Devices whose outbox was full.
    pub outbox_overflows: Counter,
    /// Frames that were heard.
    pub frames_heard: Counter,
    /// Frames that were told.
    pub frames_told: Counter,
    /// Wishes that were refused because there is too much going on, by reason.
    pub refused: Words<Counter>,
    /// HTTP requests, by method, route and status.
    pub requests: Family<Request, Histogram, fn() -> Histogram>,
    /// Tries to bring an event to a webhook, by what came of them; `dead` is beside the last `failed`.
    pub webhooks: Words<Counter>,
    /// From an event to its arrival at a webhook.
    pub webhook_lag: Histogram,
    /// Events that wait for a webhook.
    pub webhook_waiting: Gauge,
    /// Webhooks that are served.
    pub webhook_endpoints: Gauge,
    /// Webhooks that were turned off because they failed.
    pub webhooks_turned_off: Counter,
    /// Steps of the machine's clock.
    pub clock_steps: Counter,
    /// Lines that the log had no room for.
    pub log_lines_lost: Counter,
    process: process::Process,
}

/// One metric for each word of a closed list: all are there from the start, and none is looked up by a hash.
#[derive(Debug)]
pub struct Words<M>(Vec<(&'static str, M)>);

impl<M: Clone + Default> Words<M> {
    /// The metric of that word; the last one's for a word that is not in the list.
    #[must_use]
    pub fn of(&self, word: &str) -> &M {
        let found = self.0.iter().position(|(known, _)| *known == word);
        debug_assert!(found.is_some(), "`{word}` is a word of the list");
        &self.0[found.unwrap_or(self.0.len() - 1)].1
    }
}

impl Words<Counter> {
    /// All words together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().map(|(_, counter)| counter.get()).sum()
    }
}

/// What HTTP requests are told apart by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Request {
    /// The method.
    pub method: &'static str,
    /// The route with its parameters' names, never with their values.
    pub route: String,
    /// The status of the answer.
    pub status: u16,
}

/// A row of the documents' list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricDoc {
    /// Its name as Prometheus stores it, without a histogram's `_bucket`, `_sum` and `_count`.
    pub name: String,
    /// `counter`, `gauge`, `histogram` or `info`.
    pub kind: String,
    /// What tells its series apart.
    pub labels: String,
    /// The values of its label, when they are a closed list.
    pub values: Vec<String>,
    /// What it says.
    pub help: String,
}

/// Registers metrics under the names of the documents.
struct Register(Registry);

impl Register {
    fn add<M: prometheus_client::registry::Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0.register(name, help, metric.clone());
        metric
    }

    fn seconds(&mut self, name: &str, help: &str, least: f64, length: u16) -> Histogram {
        let histogram = Histogram::new(exponential_buckets(least, 2.0, length));
        self.0.register_with_unit(name, help, Unit::Seconds, histogram.clone());
        histogram
    }

    fn words<M>(&mut self, name: &str, help: &str, label: &'static str, words: &[&'static str]) -> Words<M>
    where
        M: prometheus_client::metrics::TypedMetric
            + EncodeMetric
            + Clone
            + Default
            + std::fmt::Debug
            + Send
            + Sync
            + 'static,
    {
        let family: Family<[(&'static str, &'static str); 1], M> = Family::default();
        let words = words.iter().map(|word| (*word, family.get_or_create_owned(&[(label, *word)]))).collect();
        self.0.register(name, help, family);
        Words(words)
    }
}

impl Metrics {
    fn new() -> Self {
        let mut r = Register(Registry::with_prefix("switchboard"));
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        r.0.register("build", "The version that runs", version);
        let statuses = Status::ALL.map(Status::word);
        let mut outcomes = vec![ASSIGNED];
        outcomes.extend(BookingReason::ALL.map(BookingReason::word));
        let (answers, ended_by) = (Outcome::ALL.map(Outcome::word), EndedBy::ALL.map(EndedBy::word));
        let (whys, refusals) = (code::ALL.map(|(_, why)| why), REFUSALS);
        let requests = Family::new_with_constructor(request_histogram as fn() -> Histogram);
        r.0.register_with_unit(
            "http_request_duration",
            "From an HTTP request's head to its answer, by method, route and status",
            Unit::Seconds,
            requests.clone(),
        );
        Self {
            employees: r.words("employees", "Employees of the companies in memory", "status", &statuses),
            companies: r.add("companies", "Companies in memory", Gauge::default()),
            open_clients: r.add("open_clients", "Clients with an open booking or a running session", Gauge::default()),
            bookings: r.words("bookings", "Bookings that found somebody, or ended without", "outcome", &outcomes),
            offers: r.words("offers", "Offers that ended", "outcome", &answers),
            sessions: r.words("sessions", "Sessions that ended", "ended_by", &ended_by),
            book_to_offer: r.seconds(
                "book_to_offer",
                "From a booking's way into its company to its first offer's way out, committed",
                0.000_1,
                16,
            ),
            offer_to_answer: r.seconds("offer_to_answer", "From an offer to the employee's yes or no", 0.125, 12),
            search: r.seconds("search", "From a booking's opening to its end, as a session or without", 0.125, 14),
            session: r.seconds("session_duration", "How long sessions last", 1.0, 16),
            decision: r.seconds("decision", "How long a company decides about one command", 0.000_000_25, 18),
            commit: r.seconds("commit", "How long the store takes to commit a batch", 0.000_1, 16),
            batch: {
                let sizes = Histogram::new(exponential_buckets(1.0, 2.0, 11));
                r.add("commit_entries", "Entries that are committed at once", sizes)
            },
            filing: r.seconds("filing", "How long a slice of what is committed takes into the tables", 0.000_1, 16),
            journal_queue: r.add("journal_queue", "Entries that wait for the journal", Gauge::default()),
            journal_queue_max: r.add("journal_queue_max", "Entries that may wait for it", Gauge::default()),
            store_healthy: r.add("store_healthy", "1 while the store can commit", Gauge::default()),
            sockets: r.add("sockets", "Open sockets", Gauge::default()),
            sockets_opened: r.add("sockets_opened", "Sockets that were opened", Counter::default()),
            sockets_closed: r.words("sockets_closed", "Sockets that the server closed", "why", &whys),
            outbox_overflows: r.add("outbox_overflows", "Devices that read too slowly", Counter::default()),
            frames_heard: r.add("frames_heard", "Frames that devices sent", Counter::default()),
            frames_told: r.add("frames_told", "Frames that went to devices", Counter::default()),
            refused: r.words("refused", "Wishes refused for want of room or service", "reason", &refusals),
            requests,
            webhooks: r.words("webhooks", "Tries to bring an event to a webhook", "outcome", &WEBHOOK_OUTCOMES),
            webhook_lag: r.seconds("webhook_lag", "From an event to its arrival at a webhook", 0.25, 20),
            webhook_waiting: r.add("webhook_waiting", "Events that wait in memory for a webhook", Gauge::default()),
            webhook_endpoints: r.add("webhook_endpoints", "Webhooks that are served", Gauge::default()),
            webhooks_turned_off: r.add(
                "webhooks_turned_off",
                "Webhooks that were turned off because they failed",
                Counter::default(),
            ),
            clock_steps: r.add(
                "clock_steps",
                "Times that the machine's clock was set, or the machine slept",
                Counter::default(),
            ),
            log_lines_lost: r.add("log_lines_lost", "Lines that the log had no room for", Counter::default()),
            process: process::Process::register(&mut r),
            registry: r.0,
        }
    }

    /// A booking found somebody.
    pub fn booking_assigned(&self) {
        self.bookings.of(ASSIGNED).inc();
    }

    /// All metrics as text. What is not counted as it happens, such as sockets, is to be set before.
    #[must_use]
    pub fn scrape(&self) -> String {
        self.process.look();
        let mut text = String::new();
        let written = encode(&mut text, &self.registry);
        debug_assert!(written.is_ok(), "a string takes everything");
        text
    }

    /// The documents' list.
    #[must_use]
    pub fn table() -> Vec<MetricDoc> {
        let metrics = Self::new();
        // It has no series before the first request.
        let some = Request { method: "GET", route: "/healthz".to_owned(), status: 200 };
        drop(metrics.requests.get_or_create_owned(&some));
        let text = metrics.scrape();
        let mut table: Vec<MetricDoc> = Vec::new();
        for line in text.lines() {
            match line.splitn(4, ' ').collect::<Vec<_>>()[..] {
                ["#", "HELP", name, help] => table.push(MetricDoc::new(name, help)),
                ["#", "TYPE", _, kind] => {
                    if let Some(row) = table.last_mut() {
                        row.take_kind(kind);
                    }
                }
                _ => {
                    if let Some(row) = table.last_mut() {
                        row.take_labels(line);
                    }
                }
            }
        }
        table
    }
}

impl MetricDoc {
    fn new(name: &str, help: &str) -> Self {
        let (name, help) = (name.to_owned(), help.trim_end_matches('.').to_owned());
        Self { name, kind: String::new(), labels: String::new(), values: Vec::new(), help }
    }

    fn take_kind(&mut self, kind: &str) {
        kind.clone_into(&mut self.kind);
        match kind {
            "counter" => self.name.push_str("_total"),
            "info" => self.name.push_str("_info"),
            _ => {}
        }
    }

    /// Takes the labels of a series: one is of a closed list, and its values are named; of several only the names are.
    fn take_labels(&mut self, series: &str) {
        let labels = series.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map_or("", |(labels, _)| labels);
        let mut pairs: Vec<(&str, &str)> = labels.split(',').filter_map(|label| label.split_once('=')).collect();
        pairs.retain(|(name, _)| !matches!(*name, "le" | "version"));
        if let [(_, value)] = pairs[..] {
            self.values.push(value.trim_matches('"').to_owned());
            self.values.sort();
        }
        if !pairs.is_empty() {
            self.labels = pairs.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        }
    }
}

/// What comes of a try: `dead` is counted beside the last `failed`.
const WEBHOOK_OUTCOMES: [&str; 3] = ["delivered", "failed", "dead"];
/// Why a wish is refused without being looked at.
const REFUSALS: [&str; 4] = ["overloaded", "draining", "unavailable", "rate_limited"];

fn request_histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.000_5, 4.0, 9))
}

/// Seconds as histograms want them.
#[must_use]
pub fn seconds(ms: u64) -> f64 {
    Duration::from_millis(ms).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_says_what_it_is_and_has_its_own_name() {
        let table = Metrics::table();
        let mut names: Vec<&str> = table.iter().map(|row| row.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), table.len());
        assert!(table.len() > 20);
        for row in &table {
            assert!(row.name.starts_with("switchboard_") && !row.help.is_empty() && !row.kind.is_empty(), "{row:?}");
        }
    }

    #[test]
    fn each_word_of_a_closed_list_has_its_series_before_it_happens() {
        let metrics = Metrics::new();
        metrics.booking_assigned();
        let text = metrics.scrape();
        assert!(text.contains("switchboard_bookings_total{outcome=\"assigned\"} 1\n"), "{text}");
        assert!(text.contains("switchboard_bookings_total{outcome=\"everyone_declined\"} 0\n"), "{text}");
        assert!(text.ends_with("# EOF\n"));
    }
}

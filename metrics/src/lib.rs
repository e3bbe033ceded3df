//! Metrics of the running server, in the text format of Prometheus.

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

/// The metrics of this process. There is one set for all, as for the log, because no decision depends on it.
pub static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

/// Target of spans. Traces are made of spans alone, and the log leaves them out.
pub const TRACE: &str = "switchboard::trace";

/// Content type of the text that [`Metrics::scrape`] writes.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Outcome of a booking that led to a session; all other bookings end with a [`BookingReason`].
pub const ASSIGNED: &str = "assigned";

/// Counters and histograms, each in a field of its own, so that the path of a booking looks up no label.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Employees of the companies in memory, by status.
    pub employees: Words<Gauge>,
    pub companies: Gauge,
    pub open_clients: Gauge,
    /// Ended bookings, by `assigned` or the reason for no session.
    pub bookings: Words<Counter>,
    /// Offers that ended, by outcome.
    pub offers: Words<Counter>,
    /// Ended sessions, by the cause of the end.
    pub sessions: Words<Counter>,
    /// From a booking's arrival at its company to the committed first offer's departure.
    pub book_to_offer: Histogram,
    /// From an offer to the employee's answer.
    pub offer_to_answer: Histogram,
    /// From a booking's opening to its end, with or without a session.
    pub search: Histogram,
    pub session: Histogram,
    /// One command, under the company's lock.
    pub decision: Histogram,
    /// One batch in the store.
    pub commit: Histogram,
    /// Entries of one commit.
    pub batch: Histogram,
    /// Projection of a slice of committed entries.
    pub projecting: Histogram,
    pub journal_queue: Gauge,
    pub journal_queue_max: Gauge,
    /// 1 while the store can commit, otherwise 0.
    pub store_healthy: Gauge,
    pub sockets: Gauge,
    pub sockets_opened: Counter,
    /// Sockets that the server closed, by the word of the close code.
    pub sockets_closed: Words<Counter>,
    pub outbox_overflows: Counter,
    pub frames_heard: Counter,
    pub frames_told: Counter,
    /// Commands that were refused for want of room or service, by reason.
    pub refused: Words<Counter>,
    /// HTTP requests, by method, route and status.
    pub requests: Family<Request, Histogram, fn() -> Histogram>,
    /// Attempts to deliver an event, by outcome; `dead` is counted beside the last `failed`.
    pub webhooks: Words<Counter>,
    /// From an event to its arrival at a webhook.
    pub webhook_lag: Histogram,
    /// Events in memory that wait for a webhook.
    pub webhook_waiting: Gauge,
    pub webhook_endpoints: Gauge,
    pub webhooks_turned_off: Counter,
    pub clock_steps: Counter,
    pub log_lines_lost: Counter,
    process: process::Process,
}

/// One metric for each word of a closed list. All are there from the start, and none is looked up by a hash.
#[derive(Debug)]
pub struct Words<M>(Vec<(&'static str, M)>);

impl<M: Clone + Default> Words<M> {
    /// The metric of that word. A word that is not in the list has the last one.
    #[must_use]
    pub fn of(&self, word: &str) -> &M {
        let found = self.0.iter().position(|(known, _)| *known == word);
        debug_assert!(found.is_some(), "`{word}` is a word of the list");
        &self.0[found.unwrap_or(self.0.len() - 1)].1
    }
}

impl Words<Counter> {
    /// Sum over all words.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().map(|(_, counter)| counter.get()).sum()
    }
}

/// Labels of an HTTP request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Request {
    pub method: &'static str,
    /// The route with its parameters' names, never with their values.
    pub route: String,
    pub status: u16,
}

/// A row of the documentation's list of metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricDoc {
    /// Name in Prometheus, without a histogram's `_bucket`, `_sum` and `_count`.
    pub name: String,
    /// `counter`, `gauge`, `histogram` or `info`.
    pub kind: String,
    /// Names of the labels.
    pub labels: String,
    /// Values of the label, if they are a closed list.
    pub values: Vec<String>,
    pub help: String,
}

/// Registers metrics under the names of the documentation.
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
            projecting: r.seconds("filing", "Seconds to project a slice of the committed events", 0.000_1, 16),
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

    /// Counts a booking that led to a session.
    pub fn booking_assigned(&self) {
        self.bookings.of(ASSIGNED).inc();
    }

    /// All metrics as text. Gauges that are not updated as things happen, such as sockets, must be set before.
    #[must_use]
    pub fn scrape(&self) -> String {
        self.process.look();
        let mut text = String::new();
        let written = encode(&mut text, &self.registry);
        debug_assert!(written.is_ok(), "a string takes everything");
        text
    }

    /// The documentation's list of metrics.
    #[must_use]
    pub fn table() -> Vec<MetricDoc> {
        let metrics = Self::new();
        // The family has no series before the first request.
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

    /// Reads the labels of a series. The values of a single label are a closed list and are named; of several labels
    /// only the names are.
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

/// Outcomes of an attempt: `dead` is counted beside the last `failed`.
const WEBHOOK_OUTCOMES: [&str; 3] = ["delivered", "failed", "dead"];
/// Reasons to refuse a command without looking at it.
const REFUSALS: [&str; 4] = ["overloaded", "draining", "unavailable", "rate_limited"];

fn request_histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.000_5, 4.0, 9))
}

/// Seconds, the unit of the histograms.
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

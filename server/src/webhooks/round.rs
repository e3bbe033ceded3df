//! The service of one endpoint: reads on in the feed, sends the events that are due, and stores their outcomes.

use std::sync::Arc;
use std::time::Duration;

use switchboard_core::Time;
use switchboard_history::feed::event_id;
use switchboard_history::webhooks::EndpointQueue;
use switchboard_journal::endpoint::{DeliveryReport, Endpoint, EndpointWrite, Progress};
use switchboard_journal::feed_notifier::Follower;
use switchboard_journal::{StoreError, Write};
use switchboard_metrics::{METRICS, seconds};
use switchboard_wire::Off;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::courier::{DeliveryResult, Parcel};
use super::health::Health;
use super::queue::DeliveryQueue;
use super::schedule::pause_ms;
use super::{EndpointKey, Webhooks, signature};

/// Requests to one endpoint at once, each for another booking.
const ON_THE_WAY_MAX: usize = 4;
/// Interval at which progress is stored while there is much of it. Deliveries since the last store are repeated after a
/// crash.
const WRITE_EVERY: Duration = Duration::from_millis(500);
/// Pause after the store could not be read or written.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// Pause after an event could not be read, in milliseconds.
const NOT_SENT_PAUSE_MS: u64 = 1_000;

/// Reason why a service ends.
enum WorkerEnd {
    /// The endpoint is off, or no longer in the store.
    Over,
    Stopping,
}

/// Serves an endpoint until the endpoint is off or the server stops.
pub(super) async fn serve(webhooks: Arc<Webhooks>, key: EndpointKey, mut told: watch::Receiver<u64>) {
    loop {
        if webhooks.shutdown.has_begun() {
            return;
        }
        told.mark_unchanged();
        match EndpointWorker::begin(webhooks.clone(), &key).await {
            Ok(Some(round)) => match round.go(&mut told).await {
                WorkerEnd::Over => {}
                WorkerEnd::Stopping => return,
            },
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, company = %key.0, webhook = key.1, "an endpoint cannot be read; trying again");
                sleep(STORE_PAUSE).await;
                continue;
            }
        }
        if webhooks.leave(&key, &told) {
            return;
        }
    }
}

struct EndpointWorker {
    webhooks: Arc<Webhooks>,
    endpoint: Arc<Endpoint>,
    queue: DeliveryQueue,
    health: Health,
    last_error: Option<String>,
    follower: Follower,
    on_the_way: JoinSet<(u64, Option<DeliveryResult>)>,
    /// Whether all projected events were read.
    is_caught_up: bool,
    off: Option<Off>,
    /// Whether the health has changed since it was stored; the queue does not know of the health.
    health_changed: bool,
    write_at: Instant,
    waiting: WaitingGauge,
}

/// The part of the metric of waiting events that this endpoint adds.
struct WaitingGauge(i64);

impl WaitingGauge {
    fn are(&mut self, now: usize) {
        let now = i64::try_from(now).unwrap_or(0);
        METRICS.webhook_waiting.inc_by(now - self.0);
        self.0 = now;
    }
}

impl Drop for WaitingGauge {
    fn drop(&mut self) {
        self.are(0);
    }
}

impl EndpointWorker {
    /// Begins with the endpoint as the store has it; none when the endpoint is off or not there.
    async fn begin(webhooks: Arc<Webhooks>, key: &EndpointKey) -> Result<Option<Self>, StoreError> {
        // Follow before the read, so that no event can be projected unnoticed between the two.
        let follower = webhooks.history.notifier().follow(&key.0);
        let Some(read) = Self::read(&webhooks, key.clone()).await? else { return Ok(None) };
        let EndpointQueue { endpoint, waiting, dead } = read;
        Ok(Some(Self {
            queue: DeliveryQueue::new(endpoint.cursor, waiting, dead),
            health: Health::new(endpoint.failing_since),
            last_error: endpoint.last_error.clone(),
            endpoint: Arc::new(endpoint),
            follower,
            on_the_way: JoinSet::new(),
            is_caught_up: false,
            off: None,
            health_changed: false,
            write_at: Instant::now(),
            waiting: WaitingGauge(0),
            webhooks,
        }))
    }

    async fn read(webhooks: &Webhooks, (company, id): EndpointKey) -> Result<Option<EndpointQueue>, StoreError> {
        webhooks.reader_thread.ask(move |reader| reader.endpoint_with_queue(&company, &id)).await
    }

    async fn go(mut self, told: &mut watch::Receiver<u64>) -> WorkerEnd {
        let mut shutdown = self.webhooks.shutdown.clone();
        loop {
            if !self.read_on().await {
                return WorkerEnd::Over;
            }
            self.send();
            self.waiting.are(self.queue.len());
            if self.must_write() && self.write().await && self.off.is_some() {
                return WorkerEnd::Over;
            }
            let wake = self.wake_at();
            tokio::select! {
                Some(done) = self.on_the_way.join_next() => {
                    match done {
                        Ok((seq, Some(answer))) => self.hear(seq, answer),
                        Ok((seq, None)) => self.queue.not_sent(seq, self.now().plus_ms(NOT_SENT_PAUSE_MS)),
                        // Only the end of a service aborts its requests.
                        Err(_) => {}
                    }
                }
                () = self.follower.more(), if self.is_caught_up => self.is_caught_up = false,
                Ok(()) = told.changed() => {
                    if !self.look_again().await {
                        self.write().await;
                        return WorkerEnd::Over;
                    }
                }
                _window_ms = shutdown.begun() => {
                    self.on_the_way.abort_all();
                    self.write().await;
                    return WorkerEnd::Stopping;
                }
                () = sleep_until(wake) => {}
            }
        }
    }

    /// Reads events for which the queue has room. Says whether the endpoint is still there: the endpoint of a removed
    /// company ends, and hears nothing of the next company with the same id.
    async fn read_on(&mut self) -> bool {
        let (now, room) = (self.now(), self.room());
        if room == 0 {
            return true;
        }
        let (endpoint, after) = (self.endpoint.clone(), self.queue.read_up_to());
        match self.webhooks.reader_thread.ask(move |reader| reader.feed_of(&endpoint, after, room)).await {
            Ok(None) => return false,
            Ok(Some(slice)) => {
                self.is_caught_up = slice.is_all;
                self.queue.take_in(slice.events, slice.next, now);
            }
            Err(error) => {
                tracing::warn!(%error, company = %self.endpoint.company, "the feed cannot be read; trying again");
                sleep(STORE_PAUSE).await;
            }
        }
        true
    }

    /// Number of events that may be read now.
    fn room(&self) -> usize {
        if self.is_caught_up || self.off.is_some() { 0 } else { self.queue.room(self.now(), self.health.is_down()) }
    }

    /// Sends the events that are due.
    fn send(&mut self) {
        let now = self.now();
        let at_once = if self.health.is_down() { 1 } else { ON_THE_WAY_MAX };
        while self.off.is_none()
            && self.on_the_way.len() < at_once
            && self.health.not_before() <= now
            && let Some(seq) = self.queue.next(now)
        {
            let (webhooks, endpoint) = (self.webhooks.clone(), self.endpoint.clone());
            self.on_the_way.spawn(async move { (seq, bring(&webhooks, endpoint, seq).await) });
        }
    }

    /// Notes the outcome of a request.
    fn hear(&mut self, seq: u64, answer: DeliveryResult) {
        let now = self.now();
        let before = self.health.failing_since;
        match answer {
            DeliveryResult::Taken => {
                METRICS.webhooks.of("delivered").inc();
                self.queue.brought(seq);
                self.last_error = None;
                if self.health.succeeded() {
                    self.queue.all_are_due(now);
                }
            }
            DeliveryResult::Failed { error, asked_ms } => {
                METRICS.webhooks.of("failed").inc();
                let attempts = self.queue.attempts(seq) + 1;
                self.last_error = Some(error.clone());
                self.health.failed(now, asked_ms);
                if attempts >= self.webhooks.options.attempts {
                    METRICS.webhooks.of("dead").inc();
                    self.queue.died(seq, error);
                } else {
                    self.queue.failed(seq, error, now.plus_ms(pause_ms(attempts, asked_ms, chance())));
                }
                if self.health.is_hopeless(now) {
                    self.turn_off(Off::Failing);
                }
            }
            DeliveryResult::Gone => {
                METRICS.webhooks.of("failed").inc();
                let error = "the receiver answered 410: it wants no more events".to_owned();
                self.last_error = Some(error.clone());
                self.queue.failed(seq, error, now);
                self.turn_off(Off::Gone);
            }
        }
        self.health_changed |= before != self.health.failing_since;
    }

    fn turn_off(&mut self, off: Off) {
        METRICS.webhooks_turned_off.inc();
        let (company, webhook) = (&self.endpoint.company, &self.endpoint.id);
        tracing::warn!(%company, webhook, reason = off.word(), "a webhook was disabled: deliveries stop");
        self.off = Some(off);
        self.on_the_way.abort_all();
        self.write_at = Instant::now();
    }

    fn must_write(&self) -> bool {
        Instant::now() >= self.write_at
            && (self.off.is_some() || self.health_changed || self.queue.progress().is_some())
    }

    /// Stores the changes. Says whether they are stored.
    async fn write(&mut self) -> bool {
        let progress = self.queue.progress().unwrap_or_default();
        let report = DeliveryReport {
            progress: progress.clone(),
            failing_since: self.health.failing_since,
            last_error: self.last_error.clone(),
            off: self.off,
        };
        let reported = EndpointWrite::Reported(self.endpoint.company.clone(), self.endpoint.id.clone(), report);
        let is_written = self.webhooks.exchange.write(Write::Endpoint(reported)).await.is_ok();
        if is_written {
            if progress != Progress::default() {
                self.queue.kept(&progress);
            }
            self.health_changed = false;
        }
        self.write_at = Instant::now() + if is_written { WRITE_EVERY } else { STORE_PAUSE };
        is_written
    }

    /// Reads the endpoint again after a change or a redelivery was asked for. Says whether the endpoint is still on.
    async fn look_again(&mut self) -> bool {
        let key = (self.endpoint.company.clone(), self.endpoint.id.clone());
        match Self::read(&self.webhooks, key).await {
            Ok(Some(EndpointQueue { endpoint, waiting, dead: _ })) => {
                for row in waiting {
                    if self.queue.differs(&row) {
                        self.queue.bring_again(row);
                    }
                }
                self.health.may_be_tried();
                if endpoint.url != self.endpoint.url {
                    self.queue.all_are_due(self.now());
                }
                self.endpoint = Arc::new(endpoint);
                true
            }
            Ok(None) => false,
            Err(error) => {
                // The next start of the service reads the endpoint.
                tracing::warn!(%error, company = %self.endpoint.company, "an endpoint cannot be read");
                true
            }
        }
    }

    /// Moment of the next work that no message announces.
    fn wake_at(&self) -> Instant {
        if self.room() > 0 {
            return Instant::now();
        }
        let now = self.now();
        let far = Instant::now() + Duration::from_secs(3600);
        let is_free = self.on_the_way.len() < ON_THE_WAY_MAX && self.off.is_none();
        let due = self.queue.due(now).filter(|_| is_free);
        let rest = (now < self.health.not_before() && is_free).then_some(self.health.not_before());
        let from_now = |time: Time| Instant::now() + Duration::from_millis(now.ms_until(time));
        let something_to_write = self.off.is_some() || self.health_changed || self.queue.progress().is_some();
        let write = something_to_write.then_some(self.write_at);
        let times = [due.map(|due| from_now(due.max(self.health.not_before()))), rest.map(from_now), write];
        times.into_iter().flatten().min().unwrap_or(far)
    }

    fn now(&self) -> Time {
        self.webhooks.exchange.clock().even()
    }
}

/// Brings one event to its endpoint. An event that was deleted counts as delivered; none when the event could not be
/// sent.
async fn bring(webhooks: &Webhooks, endpoint: Arc<Endpoint>, seq: u64) -> Option<DeliveryResult> {
    let company = endpoint.company.clone();
    let told = match webhooks.reader_thread.ask(move |reader| reader.told(&company, seq)).await {
        Ok(Some(told)) => told,
        Ok(None) => return Some(DeliveryResult::Taken),
        Err(error) => {
            tracing::warn!(%error, company = %endpoint.company, seq, "an event cannot be read; trying again");
            return None;
        }
    };
    let _place = webhooks.on_the_way.acquire().await.ok()?;
    // The time of sending, because receivers compare the timestamp with their own clocks.
    let now = webhooks.exchange.clock().now();
    let at_s = now.as_ms() / 1000;
    let id = event_id(&endpoint.company, seq);
    let signature = signature::sign(endpoint.secrets(now), &id, at_s, &told.json);
    let parcel = Parcel { url: endpoint.url.clone(), id, at_s, signature, body: told.json };
    let answer = webhooks.courier.bring(parcel).await;
    if matches!(answer, DeliveryResult::Taken) {
        METRICS.webhook_lag.observe(seconds(told.at.ms_until(webhooks.exchange.clock().now())));
    }
    Some(answer)
}

/// A random number that spreads the pauses.
fn chance() -> u16 {
    let mut bytes = [0; 2];
    // Without randomness all pauses are the same, which does no harm.
    let _the_same = aws_lc_rs::rand::fill(&mut bytes);
    u16::from_le_bytes(bytes)
}

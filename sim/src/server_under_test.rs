//! The server between two crashes: the real exchange, journal and devices, without threads, sockets or time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use switchboard_core::{CompanyId, Time};
use switchboard_exchange::Exchange;
use switchboard_exchange::admission::{Admission, Limits};
use switchboard_exchange::channel::DeviceContext;
use switchboard_exchange::clock::Clock;
use switchboard_exchange::ice::Ice;
use switchboard_exchange::outbox::{self, Outgoing};
use switchboard_journal::{Committer, DueCheckpoint, Entry, Fate, Journal, JournalItem};
use tokio::sync::mpsc;

use crate::disk::Disk;
use crate::weather::Weather;

/// Rows of one page of a board: few, so that a small company's board has several pages.
pub(crate) const BOARD_PAGE_ROWS: usize = 3;
/// The most frames that wait for one device.
const OUTBOX_FRAMES: usize = 256;
/// The most companies that wait for their snapshot.
const SNAPSHOTS_WAITING: usize = 8;

/// The outboxes of all devices that were ever connected to this server, by device number.
pub(crate) type DeviceOutboxes = Arc<Mutex<Vec<Option<outbox::OutboxReceiver>>>>;

/// The server of the simulation, while it runs.
pub struct ServerUnderTest {
    /// The part of the server that all devices share.
    pub context: Arc<DeviceContext>,
    /// The clock, which the world sets.
    pub clock: Clock,
    outboxes: DeviceOutboxes,
    disk: Disk,
    committer: Committer<Disk>,
    epoch: Arc<AtomicU64>,
    queue: mpsc::Receiver<JournalItem>,
    way_in: mpsc::Sender<JournalItem>,
    snapshots: Receiver<DueCheckpoint>,
    waiting: VecDeque<WaitingItem>,
    released: Arc<Mutex<Vec<Released>>>,
    next: u64,
}

/// Queued work, with the reservation that keeps its place in the queue until the work is committed.
struct WaitingItem {
    work: JournalItem,
    _place: Option<mpsc::OwnedPermit<JournalItem>>,
}

/// An entry that was queued.
pub struct Queued {
    /// The entry's number, by which its release is recognized.
    pub number: u64,
    pub company: CompanyId,
    /// The epoch in which the entry was decided.
    pub epoch: u64,
    pub at: Time,
    pub events: Vec<switchboard_core::Event>,
}

/// A released entry, with every frame that its release put into outboxes.
pub struct Released {
    /// The number given when the entry was queued.
    pub number: u64,
    /// Whether the entry is stored.
    pub fate: Fate,
    /// Frames by device, in order.
    pub sent: Vec<(usize, Outgoing)>,
}

impl ServerUnderTest {
    /// Starts a server on that disk. The clock is the world's, so that ids are never given twice across restarts.
    #[must_use]
    pub fn start(disk: &Disk, clock: &Clock, weather: &Weather) -> Self {
        let (committer, epoch, health) = Committer::new(disk.clone());
        let (journal, receiver) = Journal::before(epoch.clone(), health, weather.queue);
        let way_in = journal.queue();
        let (snapshots, wanted) = sync_channel(SNAPSHOTS_WAITING);
        let exchange = Exchange::new(journal, Arc::new(disk.clone()), snapshots, clock.clone());
        let context = Arc::new(DeviceContext {
            exchange,
            // People here do more in a moment than a server allows; other tests cover the limits.
            admission: Arc::new(Admission::new(&Limits::default())),
            ice: Ice::default(),
            auto_provision: false,
            message_bytes_per_session: weather.session_max_bytes,
            board_page_rows: BOARD_PAGE_ROWS,
            outbox_frames: OUTBOX_FRAMES,
            outboxes: Arc::default(),
        });
        Self {
            context,
            clock: clock.clone(),
            outboxes: DeviceOutboxes::default(),
            disk: disk.clone(),
            committer,
            epoch,
            queue: receiver,
            way_in,
            snapshots: wanted,
            waiting: VecDeque::new(),
            released: Arc::default(),
            next: 0,
        }
    }

    /// Registers the outbox of a device that has connected.
    pub fn listen(&mut self, device: usize, outbox: outbox::OutboxReceiver) {
        let mut outboxes = self.outboxes.lock().unwrap_or_else(PoisonError::into_inner);
        if outboxes.len() <= device {
            outboxes.resize_with(device + 1, || None);
        }
        outboxes[device] = Some(outbox);
    }

    /// Drops the outbox of a device that has gone.
    pub fn hang_up(&mut self, device: usize) {
        let mut outboxes = self.outboxes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(outbox) = outboxes.get_mut(device) {
            *outbox = None;
        }
    }

    /// All frames put into outboxes since the last call.
    #[must_use]
    pub fn sent(&self) -> Vec<(usize, Outgoing)> {
        drain(&self.outboxes)
    }

    /// Takes the entries queued since the last call; they still wait for their commit.
    pub(crate) fn newly_queued(&mut self) -> Vec<Queued> {
        let mut queued = Vec::new();
        while let Ok(work) = self.queue.try_recv() {
            let place = self.way_in.clone().try_reserve_owned().ok();
            let work = match work {
                JournalItem::Entry(entry) => {
                    self.next += 1;
                    queued.push(Queued {
                        number: self.next,
                        company: entry.company.clone(),
                        epoch: entry.epoch,
                        at: entry.at,
                        events: entry.events.clone(),
                    });
                    JournalItem::Entry(self.watch(entry))
                }
                other => other,
            };
            self.waiting.push_back(WaitingItem { work, _place: place });
        }
        queued
    }

    /// Wraps the entry's release, so that it records what is sent and checks that the entry is stored by then.
    fn watch(&self, entry: Entry) -> Entry {
        let (number, company) = (self.next, entry.company.clone());
        let last = entry.first_seq + entry.events.len() as u64 - 1;
        let (disk, outboxes, released) = (self.disk.clone(), self.outboxes.clone(), self.released.clone());
        let release = entry.release;
        let watched = move |fate| {
            if fate == Fate::Committed {
                let stored = disk.seq(&company);
                assert!(stored >= last, "promise 2: told of event {last} when {stored} are stored");
            }
            let before = drain(&outboxes);
            assert!(before.is_empty(), "promise 2: told before anything was released: {before:?}");
            release(fate);
            let sent = drain(&outboxes);
            released.lock().unwrap_or_else(PoisonError::into_inner).push(Released { number, fate, sent });
        };
        Entry { release: Box::new(watched), ..entry }
    }

    /// The journal's epoch, which changes when a commit fails.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Number of works that wait for the journal.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Commits the first `most` of the waiting works as one batch; returns what was released.
    pub fn commit(&mut self, most: usize) -> Vec<Released> {
        let batch: Vec<JournalItem> =
            self.waiting.drain(..most.min(self.waiting.len())).map(|waiting| waiting.work).collect();
        if !batch.is_empty() {
            self.committer.commit(batch);
        }
        self.take_released()
    }

    /// Does what the journal's thread does while the store cannot commit.
    pub fn try_again(&mut self) -> Vec<Released> {
        self.committer.try_again(self.waiting.drain(..).map(|waiting| waiting.work));
        self.take_released()
    }

    fn take_released(&mut self) -> Vec<Released> {
        std::mem::take(&mut *self.released.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the latest commit succeeded.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.committer.is_healthy()
    }

    /// A company that is due for a snapshot, if there is one.
    #[must_use]
    pub(crate) fn wants_snapshot(&self) -> Option<CompanyId> {
        // The simulator's disk has no bases.
        let mut due = std::iter::from_fn(|| self.snapshots.try_recv().ok());
        due.find_map(|due| match due {
            DueCheckpoint::Snapshot(company) => Some(company),
            DueCheckpoint::Base(_) => None,
        })
    }

    /// Queues a company's state, as the snapshot thread does.
    pub(crate) fn queue_snapshot(&mut self, company: &CompanyId) {
        let state = self.disk.company(company);
        if let Ok(place) = self.way_in.try_reserve() {
            place.send(JournalItem::snapshot(&state, 0));
        }
    }

    /// Stores a batch and then ends the server as a power cut would, before anything is released; returns the number of
    /// entries stored.
    pub(crate) fn die_after_storing(mut self, most: usize) -> usize {
        let epoch = self.epoch();
        let rests_on_what_was_lost = |waiting: &WaitingItem| match &waiting.work {
            JournalItem::Entry(entry) => entry.epoch != epoch,
            JournalItem::Snapshot { .. } | JournalItem::Write { .. } | JournalItem::Project { .. } => false,
        };
        if self.waiting.iter().any(rests_on_what_was_lost) {
            return 0;
        }
        let mut batch: Vec<JournalItem> =
            self.waiting.drain(..most.min(self.waiting.len())).map(|waiting| waiting.work).collect();
        // A full disk stores nothing.
        match switchboard_journal::Store::commit(&mut self.disk, &mut batch) {
            Ok(()) => batch.iter().filter(|work| matches!(work, JournalItem::Entry(_))).count(),
            Err(_full) => 0,
        }
    }
}

fn drain(outboxes: &DeviceOutboxes) -> Vec<(usize, Outgoing)> {
    let mut sent = Vec::new();
    let mut outboxes = outboxes.lock().unwrap_or_else(PoisonError::into_inner);
    for (device, outbox) in outboxes.iter_mut().enumerate() {
        let Some(outbox) = outbox else { continue };
        while let Some(outgoing) = outbox.take() {
            sent.push((device, outgoing));
        }
        outbox.is_written();
    }
    sent
}

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
use switchboard_journal::{Committer, Due, Entry, Fate, Journal, Work};
use tokio::sync::mpsc;

use crate::disk::Disk;
use crate::weather::Weather;

/// Rows of one page of a board: few, so that a board of some people has several.
pub const BOARD_PAGE_ROWS: usize = 3;
/// Frames that may wait for one device.
const OUTBOX_FRAMES: usize = 256;
/// Companies that may wait for their snapshot.
const SNAPSHOTS_WAITING: usize = 8;

/// The ways out to all devices that were ever connected to this server, by number.
pub type Outboxes = Arc<Mutex<Vec<Option<outbox::Waiting>>>>;

/// The server.
pub struct House {
    /// The part of the server that all devices work with.
    pub context: Arc<DeviceContext>,
    /// Told by the world.
    pub clock: Clock,
    outboxes: Outboxes,
    disk: Disk,
    committer: Committer<Disk>,
    epoch: Arc<AtomicU64>,
    queue: mpsc::Receiver<Work>,
    way_in: mpsc::Sender<Work>,
    snapshots: Receiver<Due>,
    waiting: VecDeque<Waiting>,
    released: Arc<Mutex<Vec<Released>>>,
    next: u64,
}

/// Work that is queued, and keeps its place in the queue until it is taken.
struct Waiting {
    work: Work,
    _place: Option<mpsc::OwnedPermit<Work>>,
}

/// What was queued.
pub struct Queued {
    /// Its number, by which its release is known.
    pub number: u64,
    /// Whose.
    pub company: CompanyId,
    /// The epoch in which it was decided.
    pub epoch: u64,
    /// When.
    pub at: Time,
    /// What happened.
    pub events: Vec<switchboard_core::Event>,
}

/// What came of it, with everything that was put into outboxes then.
pub struct Released {
    /// Its number.
    pub number: u64,
    /// Whether it is stored.
    pub fate: Fate,
    /// What each device was sent, in order.
    pub sent: Vec<(usize, Outgoing)>,
}

impl House {
    /// A server that has just started on that disk. The clock is the world's: its ids are never given twice.
    #[must_use]
    pub fn start(disk: &Disk, clock: &Clock, weather: &Weather) -> Self {
        let (committer, epoch, health) = Committer::new(disk.clone());
        let (journal, receiver) = Journal::before(epoch.clone(), health, weather.queue);
        let way_in = journal.queue();
        let (snapshots, wanted) = sync_channel(SNAPSHOTS_WAITING);
        let exchange = Exchange::new(journal, Arc::new(disk.clone()), snapshots, clock.clone());
        let context = Arc::new(DeviceContext {
            exchange,
            // People here do more in a moment than a server allows: what is limited is tested elsewhere.
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
            outboxes: Outboxes::default(),
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

    /// A device has connected: its way out, by its number.
    pub fn listen(&mut self, device: usize, outbox: outbox::Waiting) {
        let mut outboxes = self.outboxes.lock().unwrap_or_else(PoisonError::into_inner);
        if outboxes.len() <= device {
            outboxes.resize_with(device + 1, || None);
        }
        outboxes[device] = Some(outbox);
    }

    /// A device has gone: nothing more reaches it.
    pub fn hang_up(&mut self, device: usize) {
        let mut outboxes = self.outboxes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(outbox) = outboxes.get_mut(device) {
            *outbox = None;
        }
    }

    /// All that was put into outboxes since it was last looked.
    #[must_use]
    pub fn sent(&self) -> Vec<(usize, Outgoing)> {
        drain(&self.outboxes)
    }

    /// Takes what was queued since it was last looked; it stays in line to be committed.
    pub fn newly_queued(&mut self) -> Vec<Queued> {
        let mut queued = Vec::new();
        while let Ok(work) = self.queue.try_recv() {
            let place = self.way_in.clone().try_reserve_owned().ok();
            let work = match work {
                Work::Entry(entry) => {
                    self.next += 1;
                    queued.push(Queued {
                        number: self.next,
                        company: entry.company.clone(),
                        epoch: entry.epoch,
                        at: entry.at,
                        events: entry.events.clone(),
                    });
                    Work::Entry(self.watch(entry))
                }
                other => other,
            };
            self.waiting.push_back(Waiting { work, _place: place });
        }
        queued
    }

    /// Notes what is released with the entry, and that it is stored by then.
    fn watch(&self, entry: Entry) -> Entry {
        let (number, company) = (self.next, entry.company.clone());
        let last = entry.first_seq + entry.events.len() as u64 - 1;
        let (disk, outboxes, released) = (self.disk.clone(), self.outboxes.clone(), self.released.clone());
        let release = entry.release;
        let watched = move |fate| {
            if fate == Fate::Committed {
                let stored = disk.stored().seq(&company);
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

    /// The journal's epoch: it changes when a commit failed.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// How much waits for the journal.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Commits the first of what waits, as one batch; gives what was released.
    pub fn commit(&mut self, most: usize) -> Vec<Released> {
        let batch: Vec<Work> = self.waiting.drain(..most.min(self.waiting.len())).map(|waiting| waiting.work).collect();
        if !batch.is_empty() {
            self.committer.commit(batch);
        }
        self.take_released()
    }

    /// What the journal's thread does while the store cannot commit.
    pub fn try_again(&mut self) -> Vec<Released> {
        self.committer.try_again(self.waiting.drain(..).map(|waiting| waiting.work));
        self.take_released()
    }

    fn take_released(&mut self) -> Vec<Released> {
        std::mem::take(&mut *self.released.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the store could commit the last time.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.committer.is_healthy()
    }

    /// A company whose state should be written down, if one was named.
    #[must_use]
    pub fn wants_snapshot(&self) -> Option<CompanyId> {
        // The disk of the simulator has no bases.
        let mut due = std::iter::from_fn(|| self.snapshots.try_recv().ok());
        due.find_map(|due| match due {
            Due::Snapshot(company) => Some(company),
            Due::Base(_) => None,
        })
    }

    /// Queues a company's state, as the snapshot thread does.
    pub fn queue_snapshot(&mut self, company: &CompanyId) {
        let (state, _) = self.disk.stored().company(company);
        if let Ok(place) = self.way_in.try_reserve() {
            place.send(Work::snapshot(&state, 0));
        }
    }

    /// The power goes while a batch is on its way: it is stored, and nobody is told. Gives how many entries it had.
    pub fn die_after_storing(mut self, most: usize) -> usize {
        let epoch = self.epoch();
        let rests_on_what_was_lost = |waiting: &Waiting| match &waiting.work {
            Work::Entry(entry) => entry.epoch != epoch,
            Work::Snapshot { .. } | Work::Write { .. } | Work::File { .. } => false,
        };
        if self.waiting.iter().any(rests_on_what_was_lost) {
            return 0;
        }
        let mut batch: Vec<Work> =
            self.waiting.drain(..most.min(self.waiting.len())).map(|waiting| waiting.work).collect();
        // A full disk stores nothing.
        match switchboard_journal::Store::commit(&mut self.disk, &mut batch) {
            Ok(()) => batch.iter().filter(|work| matches!(work, Work::Entry(_))).count(),
            Err(_full) => 0,
        }
    }
}

fn drain(outboxes: &Outboxes) -> Vec<(usize, Outgoing)> {
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

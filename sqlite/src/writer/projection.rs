//! The projection: committed entries are copied from the commit log into the tables, many entries of a company at a
//! time.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use switchboard_core::CompanyId;
use switchboard_history::Past;
use switchboard_journal::rows::rows_of;

use crate::Error;
use crate::columns::unreadable;
use crate::commit_log::{self, CommitLog, Logged};
use crate::commit_log::{Unprojected, written};
use crate::past::Tables;
use crate::tables::{write_events, write_latest};

/// Time that an entry waits for its projection. The longer the wait, the more entries of a company are projected
/// together, so that fewer pages and rows are written twice; but readers with SQL see older tables.
const PROJECT_AFTER: Duration = Duration::from_millis(250);
/// Entries, events and rows that are projected in one transaction of some milliseconds, because commits wait for it. An
/// entry of an ordinary booking has about four of them, and that of an imported file a hundred thousand.
const WRITES_AT_ONCE: usize = 1024;
/// Entries that may wait. Beyond this number the projection comes before new commits, which is backpressure.
const ENTRIES_MAX: usize = 16 * 1024;
/// Bytes of entries that may wait, likewise. An ordinary entry has about 1 KB.
pub const UNPROJECTED_MAX_BYTES: usize = 64 * 1024 * 1024;

/// Entries of several companies, each company's in order.
pub(super) type ProjectionSlice = Vec<(CompanyId, VecDeque<Unprojected>)>;

/// The companies of a slice, each with the number of its last event there.
pub(super) fn last_seqs(slice: &ProjectionSlice) -> impl Iterator<Item = (&CompanyId, u64)> {
    slice.iter().filter_map(|(company, entries)| Some((company, entries.back()?.last_seq())))
}

/// Whether the slice is as large as one transaction may be.
pub(super) fn is_enough(slice: &ProjectionSlice) -> bool {
    slice.iter().flat_map(|(_, entries)| entries).map(Unprojected::writes).sum::<usize>() >= WRITES_AT_ONCE
}

/// Takes as many of a company's entries as there is room for, and at least one.
fn take_some(entries: &mut VecDeque<Unprojected>, room: usize) -> VecDeque<Unprojected> {
    let mut writes = 0;
    let fits = |entry: &&Unprojected| {
        writes += entry.writes();
        writes <= room
    };
    let fit = entries.iter().take_while(fits).count().max(1).min(entries.len());
    let rest = entries.split_off(fit);
    std::mem::replace(entries, rest)
}

/// All entries that wait for their projection.
#[derive(Default)]
pub(super) struct Backlog {
    waiting: HashMap<CompanyId, VecDeque<Unprojected>>,
    entries: usize,
    bytes: usize,
    /// Companies with the times at which they began to wait, in that order. A company that was projected in between may
    /// still stand here, and is passed over.
    order: VecDeque<(CompanyId, Instant)>,
    /// The batches of the commit log, each with the number of its waiting entries.
    batches: VecDeque<(i64, usize)>,
    projected_up_to: Option<i64>,
}

impl Backlog {
    /// Adds the entries of a batch of the commit log.
    pub(super) fn add(&mut self, batch: i64, entries: Vec<(CompanyId, Unprojected)>, now: Instant) {
        self.batches.push_back((batch, entries.len()));
        self.entries += entries.len();
        self.bytes += entries.iter().map(|(_, entry)| entry.bytes).sum::<usize>();
        for (company, mut entry) in entries {
            entry.batch = batch;
            match self.waiting.get_mut(&company) {
                Some(waiting) => waiting.push_back(entry),
                None => {
                    self.order.push_back((company.clone(), now));
                    self.waiting.insert(company, VecDeque::from([entry]));
                }
            }
        }
    }

    /// The number of a company's last waiting event.
    pub(super) fn last_seq(&self, company: &CompanyId) -> Option<u64> {
        self.waiting.get(company)?.back().map(Unprojected::last_seq)
    }

    /// The time of the next projection; none while no entry waits.
    pub(super) fn due(&self) -> Option<Instant> {
        let (_, since) = self.order.front()?;
        Some(if self.is_too_long() { *since } else { *since + PROJECT_AFTER })
    }

    /// Whether the projection must come before everything else.
    pub(super) fn is_too_long(&self) -> bool {
        self.entries > ENTRIES_MAX || self.bytes > UNPROJECTED_MAX_BYTES
    }

    /// Takes the entries that have waited longest, as many as one transaction may have; none when no entry waits.
    pub(super) fn take_longest(&mut self) -> ProjectionSlice {
        let (mut slice, mut room) = (ProjectionSlice::new(), WRITES_AT_ONCE);
        while room > 0
            && let Some((company, since)) = self.order.pop_front()
        {
            let Some(mut entries) = self.waiting.remove(&company) else { continue };
            let taken = take_some(&mut entries, room);
            if !entries.is_empty() {
                self.waiting.insert(company.clone(), entries);
                self.order.push_front((company.clone(), since));
            }
            room = room.saturating_sub(taken.iter().map(Unprojected::writes).sum());
            slice.push((company, taken));
        }
        slice
    }

    /// Takes a company's oldest entries, as many as one transaction may have.
    pub(super) fn take(&mut self, company: &CompanyId) -> ProjectionSlice {
        let Some(mut entries) = self.waiting.remove(company) else { return ProjectionSlice::new() };
        let taken = take_some(&mut entries, WRITES_AT_ONCE);
        if !entries.is_empty() {
            // The company still stands in the order.
            self.waiting.insert(company.clone(), entries);
        }
        vec![(company.clone(), taken)]
    }

    /// Puts a slice back whose projection has failed.
    pub(super) fn put_back(&mut self, slice: ProjectionSlice, now: Instant) {
        for (company, mut entries) in slice.into_iter().rev() {
            entries.extend(self.waiting.remove(&company).into_iter().flatten());
            self.order.push_front((company.clone(), now));
            self.waiting.insert(company, entries);
        }
    }

    /// Counts a slice as projected.
    pub(super) fn strike_off(&mut self, slice: &ProjectionSlice) {
        for entry in slice.iter().flat_map(|(_, entries)| entries) {
            self.entries -= 1;
            self.bytes -= entry.bytes;
            if let Ok(place) = self.batches.binary_search_by_key(&entry.batch, |(batch, _)| *batch) {
                self.batches[place].1 -= 1;
            }
        }
        while let Some((batch, 0)) = self.batches.front() {
            self.projected_up_to = Some(*batch);
            self.batches.pop_front();
        }
    }

    /// The batch up to which the commit log can be deleted.
    pub(super) const fn projected_up_to(&self) -> Option<i64> {
        self.projected_up_to
    }

    /// Notes that the commit log was deleted up to that batch.
    pub(super) const fn is_shortened(&mut self) {
        self.projected_up_to = None;
    }
}

/// Projects a slice, and deletes batches of the commit log that were projected earlier.
pub(super) fn write(
    connection: &Connection,
    slice: &ProjectionSlice,
    projected_up_to: Option<i64>,
) -> Result<(), Error> {
    for (company, entries) in slice {
        for entry in entries {
            write_events(connection, company, entry.first_seq, entry.at, &entry.events)?;
        }
        write_latest(connection, company, entries.iter().flat_map(|entry| &entry.rows))?;
    }
    projected_up_to.map_or(Ok(()), |batch| commit_log::remove_up_to(connection, batch))
}

/// Projects the entries that a killed server has left in the commit log. The commit log has only the events, so the
/// rows are derived from the company's state after each entry.
pub(super) fn project_the_log(connection: &mut Connection) -> Result<(), Error> {
    let transaction = connection.transaction()?;
    let CommitLog { unprojected, clashes } = commit_log::read(&transaction)?;
    if !clashes.is_empty() {
        return Err(unreadable(format_args!(
            "{}: two servers have written into it; keep a copy, and restore a backup",
            clashes.join("; ")
        )));
    }
    let past: &dyn Past = &Tables(&transaction);
    for (id, entries) in unprojected {
        let (mut company, _) = past.company(&id)?;
        let mut changed = Vec::new();
        for Logged { seq, at, events, .. } in entries {
            if seq != company.seq() + 1 {
                return Err(unreadable(format_args!(
                    "{id}: event {seq} is in the log, and {} is next",
                    company.seq() + 1
                )));
            }
            events.iter().for_each(|event| company.apply(at, event));
            write_events(&transaction, &id, seq, at, &written(&events))?;
            changed.extend(rows_of(&company, &events));
        }
        write_latest(&transaction, &id, &changed)?;
    }
    commit_log::remove_up_to(&transaction, i64::MAX)?;
    transaction.commit()?;
    Ok(())
}

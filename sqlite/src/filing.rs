//! Filing: what is committed in the log goes into the tables, many entries of a company at a time.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use switchboard_core::CompanyId;
use switchboard_journal::rows::rows_of;

use crate::columns::unreadable;
use crate::log::{self, Log, Logged};
use crate::tables::{write_events, write_latest};
use crate::unfiled::{Unfiled, written};
use crate::{Error, states};

/// How long an entry waits to be filed. The longer, the more of a company are filed together, and the fewer pages and
/// rows are written twice; and the further are the tables behind for who reads them with SQL.
const FILE_AFTER: Duration = Duration::from_millis(250);
/// Entries, events and rows that are filed with one transaction: commits wait behind it, so it is a matter of some
/// milliseconds. An entry of many bookings has four of them, one of an imported file a hundred thousand.
const WRITES_AT_ONCE: usize = 1024;
/// Entries that may wait; with more, filing comes before new commits.
const ENTRIES_MAX: usize = 16 * 1024;
/// Bytes of entries that may wait, likewise. Those of an ordinary day have about 1 KB each.
pub const WAITING_MAX_BYTES: usize = 64 * 1024 * 1024;

/// Entries of companies, each company's in their order.
pub(super) type Slice = Vec<(CompanyId, VecDeque<Unfiled>)>;

/// The companies of a slice, each with the number of its last event there.
pub(super) fn last_seqs(slice: &Slice) -> impl Iterator<Item = (&CompanyId, u64)> {
    slice.iter().filter_map(|(company, entries)| Some((company, entries.back()?.last_seq())))
}

/// Whether it is as much as is filed at once.
pub(super) fn is_enough(slice: &Slice) -> bool {
    slice.iter().flat_map(|(_, entries)| entries).map(Unfiled::writes).sum::<usize>() >= WRITES_AT_ONCE
}

/// Takes out of a company's entries what there is room for, and at least one of them; the rest stays.
fn take_some(entries: &mut VecDeque<Unfiled>, room: usize) -> VecDeque<Unfiled> {
    let mut writes = 0;
    let fits = |entry: &&Unfiled| {
        writes += entry.writes();
        writes <= room
    };
    let fit = entries.iter().take_while(fits).count().max(1).min(entries.len());
    let rest = entries.split_off(fit);
    std::mem::replace(entries, rest)
}

/// All that waits to be filed.
#[derive(Default)]
pub(super) struct Backlog {
    waiting: HashMap<CompanyId, VecDeque<Unfiled>>,
    entries: usize,
    bytes: usize,
    /// Companies in the order in which they began to wait, and when that was. One that was filed in between may stand
    /// here still, and is passed over.
    order: VecDeque<(CompanyId, Instant)>,
    /// The batches of the log, with how many of their entries wait.
    batches: VecDeque<(i64, usize)>,
    filed_up_to: Option<i64>,
}

impl Backlog {
    /// Adds what a batch of the log has.
    pub(super) fn add(&mut self, batch: i64, entries: Vec<(CompanyId, Unfiled)>, now: Instant) {
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

    /// The number of the last event that waits of a company.
    pub(super) fn last_seq(&self, company: &CompanyId) -> Option<u64> {
        self.waiting.get(company)?.back().map(Unfiled::last_seq)
    }

    /// When something is to be filed; none while nothing waits.
    pub(super) fn due(&self) -> Option<Instant> {
        let (_, since) = self.order.front()?;
        Some(if self.is_too_long() { *since } else { *since + FILE_AFTER })
    }

    /// Whether filing must come before everything else.
    pub(super) fn is_too_long(&self) -> bool {
        self.entries > ENTRIES_MAX || self.bytes > WAITING_MAX_BYTES
    }

    /// Takes out what has waited longest, as much as is filed at once; nothing when nothing waits.
    pub(super) fn take_longest(&mut self) -> Slice {
        let (mut slice, mut room) = (Slice::new(), WRITES_AT_ONCE);
        while room > 0
            && let Some((company, since)) = self.order.pop_front()
        {
            let Some(mut entries) = self.waiting.remove(&company) else { continue };
            let taken = take_some(&mut entries, room);
            if !entries.is_empty() {
                self.waiting.insert(company.clone(), entries);
                self.order.push_front((company.clone(), since));
            }
            room = room.saturating_sub(taken.iter().map(Unfiled::writes).sum());
            slice.push((company, taken));
        }
        slice
    }

    /// Takes out what has waited longest of a company, as much as is filed at once.
    pub(super) fn take(&mut self, company: &CompanyId) -> Slice {
        let Some(mut entries) = self.waiting.remove(company) else { return Slice::new() };
        let taken = take_some(&mut entries, WRITES_AT_ONCE);
        if !entries.is_empty() {
            // It stands in the order still.
            self.waiting.insert(company.clone(), entries);
        }
        vec![(company.clone(), taken)]
    }

    /// Puts a slice back that could not be filed.
    pub(super) fn put_back(&mut self, slice: Slice, now: Instant) {
        for (company, mut entries) in slice.into_iter().rev() {
            entries.extend(self.waiting.remove(&company).into_iter().flatten());
            self.order.push_front((company.clone(), now));
            self.waiting.insert(company, entries);
        }
    }

    /// A slice is filed.
    pub(super) fn strike_off(&mut self, slice: &Slice) {
        for entry in slice.iter().flat_map(|(_, entries)| entries) {
            self.entries -= 1;
            self.bytes -= entry.bytes;
            if let Ok(place) = self.batches.binary_search_by_key(&entry.batch, |(batch, _)| *batch) {
                self.batches[place].1 -= 1;
            }
        }
        while let Some((batch, 0)) = self.batches.front() {
            self.filed_up_to = Some(*batch);
            self.batches.pop_front();
        }
    }

    /// The batch up to which the log can be shortened.
    pub(super) const fn filed_up_to(&self) -> Option<i64> {
        self.filed_up_to
    }

    /// The log was shortened.
    pub(super) const fn is_shortened(&mut self) {
        self.filed_up_to = None;
    }
}

/// Files a slice, and shortens the log by what was filed before.
pub(super) fn write(connection: &Connection, slice: &Slice, filed_up_to: Option<i64>) -> Result<(), Error> {
    for (company, entries) in slice {
        for entry in entries {
            write_events(connection, company, entry.first_seq, entry.at, &entry.events)?;
        }
        write_latest(connection, company, entries.iter().flat_map(|entry| &entry.rows))?;
    }
    filed_up_to.map_or(Ok(()), |batch| log::remove_up_to(connection, batch))
}

/// Files what a server that was killed had not filed yet. Only the events are in the log: the rows follow from the
/// company as it was after each entry.
pub(super) fn file_the_log(connection: &mut Connection) -> Result<(), Error> {
    let transaction = connection.transaction()?;
    let Log { unfiled, clashes } = log::read(&transaction)?;
    if !clashes.is_empty() {
        return Err(unreadable(format_args!(
            "{}: two servers have written into it; keep a copy, and restore a backup",
            clashes.join("; ")
        )));
    }
    for (id, entries) in unfiled {
        let (mut company, _) = states::read_company(&transaction, &id)?;
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
    log::remove_up_to(&transaction, i64::MAX)?;
    transaction.commit()?;
    Ok(())
}

//! Snapshots and bases: a company's state written down now and then, away from the way of a booking.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use switchboard_core::{Company, CompanyId};

use super::reader::{Reader, read_company};
use super::{StoreError, Work, bases, days, erasure, replay};
use crate::sync::mpsc;

/// Companies that wait for their snapshot; one that finds no place asks again with its next event.
const WAITING_MAX: usize = 64;

/// What is to be written down of a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// All of its state, so that reading it back stays short.
    Snapshot(CompanyId),
    /// Its state without what had ended, so that its past can be reached from there.
    Base(CompanyId),
}

/// Starts the thread that reads a company from the store, as a start would, and has the journal keep what it read.
/// It ends when nobody can ask any more.
///
/// # Errors
/// When the system gives no thread.
pub fn start(store: Reader, journal: mpsc::Sender<Work>) -> std::io::Result<SyncSender<Due>> {
    let (sender, receiver) = sync_channel(WAITING_MAX);
    std::thread::Builder::new().name("snapshot".into()).spawn(move || write_all(&store, &journal, &receiver))?;
    Ok(sender)
}

fn write_all(store: &Reader, journal: &mpsc::Sender<Work>, companies: &Receiver<Due>) {
    for due in companies {
        let written = match &due {
            Due::Snapshot(company) => snapshot(store, company),
            Due::Base(company) => base(store, company),
        };
        match written {
            Ok(written) => {
                for work in written {
                    if journal.blocking_send(work).is_err() {
                        return;
                    }
                }
            }
            Err(error) => tracing::warn!(?due, %error, "no snapshot: the next start reads more events"),
        }
    }
}

fn snapshot(store: &Reader, company: &CompanyId) -> Result<Vec<Work>, StoreError> {
    let (state, revision, is_due) = store.ask_until_told(|connection| {
        let (state, _) = read_company(connection, company)?;
        let is_due = bases::is_due(connection, &state)?;
        Ok((state, erasure::revision(connection, company)?, is_due))
    })?;
    let mut written = vec![Work::snapshot(&state, revision)];
    if is_due {
        written.extend(kept(store, &state, revision)?);
    }
    Ok(written)
}

/// From the base before, which is nearer than the beginning, and smaller than a snapshot.
fn base(store: &Reader, company: &CompanyId) -> Result<Vec<Work>, StoreError> {
    let due = store.ask_until_told(|connection| {
        let state = match replay::latest(connection, company) {
            Ok(state) => state,
            // In a store that an earlier version wrote: the next snapshot brings one.
            Err(StoreError::TooFarBack(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_due = bases::is_due(connection, &state)?;
        Ok(is_due.then_some((state, erasure::revision(connection, company)?)))
    })?;
    match due {
        Some((state, revision)) => kept(store, &state, revision),
        None => Ok(Vec::new()),
    }
}

/// The base, and the days that are over by then.
fn kept(store: &Reader, state: &Company, revision: u64) -> Result<Vec<Work>, StoreError> {
    let changes = std::iter::once(bases::keep(state, revision)).chain(days::due(store, state)?);
    Ok(changes.map(|change| Work::Write { change, release: Box::new(|_| {}) }).collect())
}

//! Snapshots and bases: a company's state written down now and then, away from the way of a booking.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use switchboard_core::CompanyId;

use super::reader::{Reader, read_company};
use super::{Work, bases, erasure};
use crate::sync::mpsc;

/// Companies that wait for their snapshot; one that finds no place asks again with its next event.
const WAITING_MAX: usize = 64;

/// Starts the thread that reads a company from the store, as a start would, and has the journal keep what it read.
/// It ends when nobody can ask any more.
///
/// # Errors
/// When the system gives no thread.
pub fn start(store: Reader, journal: mpsc::Sender<Work>) -> std::io::Result<SyncSender<CompanyId>> {
    let (sender, receiver) = sync_channel(WAITING_MAX);
    std::thread::Builder::new().name("snapshot".into()).spawn(move || write_all(&store, &journal, &receiver))?;
    Ok(sender)
}

fn write_all(store: &Reader, journal: &mpsc::Sender<Work>, companies: &Receiver<CompanyId>) {
    for company in companies {
        let read = store
            .ask(|connection| Ok((read_company(connection, &company)?.0, erasure::revision(connection, &company)?)));
        match read {
            Ok((state, revision)) => {
                if journal.blocking_send(Work::snapshot(&state, revision)).is_err() {
                    return;
                }
                let is_due = store.ask(|connection| bases::is_due(connection, &state)).unwrap_or(false);
                let base = || Work::Write { change: bases::keep(&state, revision), release: Box::new(|_| {}) };
                if is_due && journal.blocking_send(base()).is_err() {
                    return;
                }
            }
            Err(error) => tracing::warn!(%company, %error, "no snapshot: the next start reads more events"),
        }
    }
}

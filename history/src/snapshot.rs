//! Snapshots and bases: a company's state, written at intervals by a thread that no booking waits for.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use switchboard_core::{Company, CompanyId};
use switchboard_journal::base::{Base, events_between};
use switchboard_journal::sync::mpsc;
use switchboard_journal::{DueCheckpoint, JournalItem, StoreError, Write};

use crate::past::{HistoryResult, Past};
use crate::store::History;
use crate::{days, replay};

/// Companies that wait for their snapshot. A company that finds no place asks again with its next event.
const WAITING_MAX: usize = 64;
/// Maximum number of days that are counted with one base. A company that an earlier version served may have more
/// uncounted days, which are counted with the next bases.
const DAYS_AT_ONCE: usize = 31;
/// A pause between two parts of days, so that bookings are committed in between.
const PAUSE: Duration = Duration::from_millis(5);

/// Starts the thread that recovers a company from the store, as a start would, and sends the state to the journal. The
/// thread ends when the last sender is dropped.
///
/// # Errors
/// When the system refuses a thread.
pub fn start(
    store: Arc<dyn History>,
    journal: mpsc::Sender<JournalItem>,
) -> std::io::Result<SyncSender<DueCheckpoint>> {
    let (sender, receiver) = sync_channel(WAITING_MAX);
    std::thread::Builder::new().name("snapshot".into()).spawn(move || write_all(&*store, &journal, &receiver))?;
    Ok(sender)
}

fn write_all(store: &dyn History, journal: &mpsc::Sender<JournalItem>, companies: &Receiver<DueCheckpoint>) {
    for due in companies {
        let base = match &due {
            DueCheckpoint::Snapshot(company) => snapshot(store, journal, company),
            DueCheckpoint::Base(company) => base(store, journal, company),
        };
        let state = match base {
            Ok(Some(state)) => state,
            Ok(None) => continue,
            Err(StoreError::Stopping) => return,
            Err(error) => {
                tracing::warn!(?due, %error, "a snapshot was not written: the next start reads more events");
                continue;
            }
        };
        match keep_days(store, journal, &state) {
            Ok(()) => {}
            Err(StoreError::Stopping) => return,
            Err(error) => tracing::warn!(?due, %error, "a day's statistics were not kept"),
        }
    }
}

/// Writes a snapshot, and returns the state if it was written as a base too.
fn snapshot(
    store: &dyn History,
    journal: &mpsc::Sender<JournalItem>,
    company: &CompanyId,
) -> HistoryResult<Option<Company>> {
    let (state, revision, is_due) = store.ask_until_answered(|past| {
        let (state, _) = past.company(company)?;
        let is_due = is_base_due(past, &state)?;
        Ok((state, past.revision(company)?, is_due))
    })?;
    send(journal, JournalItem::snapshot(&state, revision))?;
    if !is_due {
        return Ok(None);
    }
    send(journal, kept(&state, revision))?;
    Ok(Some(state))
}

/// Replays from the previous base, which is nearer than the beginning of the history, and smaller than a snapshot.
fn base(
    store: &dyn History,
    journal: &mpsc::Sender<JournalItem>,
    company: &CompanyId,
) -> HistoryResult<Option<Company>> {
    let due = store.ask_until_answered(|past| {
        let state = match replay::latest(past, company) {
            Ok(state) => state,
            // In a store that an earlier version wrote; the next snapshot writes the first base.
            Err(StoreError::TooFarBack(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_due = is_base_due(past, &state)?;
        Ok(is_due.then_some((state, past.revision(company)?)))
    })?;
    let Some((state, revision)) = due else { return Ok(None) };
    send(journal, kept(&state, revision))?;
    Ok(Some(state))
}

/// Whether enough events have happened since the last base. Half of the distance is enough, because the latest entries
/// may not be projected yet when a base is asked for.
fn is_base_due(past: &dyn Past, company: &Company) -> HistoryResult<bool> {
    let since = company.seq().saturating_sub(past.last_base(company.id())?.unwrap_or(0));
    Ok(since >= events_between(company) / 2)
}

fn kept(state: &Company, revision: u64) -> JournalItem {
    JournalItem::write(Write::Base { base: Base::of(state), revision }, Box::new(|_| {}))
}

/// Counts the days that are over by that state. A part waits until the previous one is written, so that other entries
/// are committed in between. When a part is lost, the rest is left to the next base.
fn keep_days(store: &dyn History, journal: &mpsc::Sender<JournalItem>, state: &Company) -> HistoryResult<()> {
    let mut from = 0;
    for _ in 0..DAYS_AT_ONCE {
        let Some(due) = store.ask_until_answered(|past| days::next_due(past, state, from))? else { break };
        from = due.next;
        for part in due.parts {
            let (tell, told) = sync_channel(1);
            let release = Box::new(move |written| _ = tell.send(written));
            send(journal, JournalItem::write(Write::Day(part), release))?;
            if !matches!(told.recv(), Ok(Some(_written))) {
                return Ok(());
            }
            std::thread::sleep(PAUSE);
        }
    }
    Ok(())
}

fn send(journal: &mpsc::Sender<JournalItem>, work: JournalItem) -> HistoryResult<()> {
    journal.blocking_send(work).map_err(|_ended| StoreError::Stopping)
}

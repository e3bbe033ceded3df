//! The commit log: each batch is a row, and each of its entries is a line of JSON. A commit writes nothing else for
//! events.
//!
//! A batch has entries of many companies, and the tables are ordered by company. Written into the tables at once, a
//! batch would touch pages for each of its companies, and all of these pages would be synced before a reply. So entries
//! are projected a moment later (`projection.rs`), and leave the commit log then.

mod unprojected;

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use serde::Deserialize;
use switchboard_core::{CompanyId, Event, Time};

use crate::columns::{time, unreadable};
use crate::{Error, tables};
pub(super) use unprojected::{Unprojected, written};

/// An entry as the commit log has it.
#[derive(Debug, Deserialize)]
pub(super) struct Logged {
    pub(super) company: CompanyId,
    /// The number of the first event.
    pub(super) seq: u64,
    pub(super) at: Time,
    pub(super) events: Vec<Event>,
}

/// Adds an entry to a batch.
pub(super) fn add(batch: &mut String, company: &CompanyId, entry: &Unprojected) {
    use std::fmt::Write;
    // An id has no character that JSON must escape.
    let written =
        write!(batch, r#"{{"company":"{company}","seq":{},"at":{},"events":["#, entry.first_seq, entry.at.as_ms());
    debug_assert!(written.is_ok(), "a string takes everything");
    for (number, (_, event)) in entry.events.iter().enumerate() {
        batch.push_str(if number == 0 { "" } else { "," });
        batch.push_str(event);
    }
    batch.push_str("]}\n");
}

/// Writes a batch, and returns its number.
pub(super) fn append(connection: &Connection, batch: &str) -> Result<i64, Error> {
    let number = connection.prepare_cached("INSERT INTO log (entries) VALUES (?1)")?.insert([batch])?;
    Ok(number)
}

/// Removes all batches up to that one, whose entries are all projected.
pub(super) fn remove_up_to(connection: &Connection, batch: i64) -> Result<(), Error> {
    connection.prepare_cached("DELETE FROM log WHERE batch <= ?1")?.execute(params![batch])?;
    Ok(())
}

/// Removes a company's entries from all batches, because all of them are projected.
pub(super) fn forget_projected(connection: &Connection, company: &CompanyId) -> Result<(), Error> {
    let mut query = connection.prepare("SELECT batch, entries FROM log ORDER BY batch")?;
    let batches = query.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    for batch in batches.collect::<Result<Vec<_>, _>>()? {
        let (number, entries) = batch;
        // The beginning of a line as `add` writes it.
        let theirs = format!(r#"{{"company":"{company}","#);
        let kept: String = entries.split_inclusive('\n').filter(|line| !line.starts_with(&theirs)).collect();
        if kept.len() < entries.len() {
            connection.execute("UPDATE log SET entries = ?2 WHERE batch = ?1", params![number, kept])?;
        }
    }
    Ok(())
}

/// The contents of the commit log.
#[derive(Default)]
pub(super) struct CommitLog {
    /// Entries that are not projected yet, each company's in the order of their commits.
    pub(super) unprojected: BTreeMap<CompanyId, Vec<Logged>>,
    /// Descriptions of events for which the tables have others under the same number, because two servers have written.
    pub(super) clashes: Vec<String>,
}

/// Reads the commit log of a store, without the events that are projected already. A batch stays in the commit log
/// until its last entry is projected, and a large entry may be projected in part.
pub(super) fn read(connection: &Connection) -> Result<CommitLog, Error> {
    let mut query = connection.prepare("SELECT entries FROM log ORDER BY batch")?;
    let mut rows = query.query([])?;
    let mut log = CommitLog::default();
    while let Some(row) = rows.next()? {
        for line in row.get_ref(0)?.as_str().map_err(unreadable)?.lines() {
            let mut entry: Logged = serde_json::from_str(line).map_err(unreadable)?;
            let projected = (tables::last_seq(connection, &entry.company)? + 1).saturating_sub(entry.seq);
            let projected_events = usize::try_from(projected).unwrap_or(usize::MAX).min(entry.events.len());
            if let Some(seq) = clash(connection, &entry, projected_events)? {
                let company = &entry.company;
                log.clashes
                    .push(format!("{company}: event {seq} is in the commit log, another event {seq} is projected"));
            }
            if projected_events < entry.events.len() {
                entry.events.drain(..projected_events);
                entry.seq += projected;
                log.unprojected.entry(entry.company.clone()).or_default().push(entry);
            }
        }
    }
    Ok(log)
}

/// The first of an entry's events that differs from the one in the tables. Events that a cut has removed are not
/// compared.
fn clash(connection: &Connection, entry: &Logged, projected_events: usize) -> Result<Option<u64>, Error> {
    if projected_events == 0 {
        return Ok(None);
    }
    let projected = projected_events as u64;
    let sql = "SELECT seq, at, data FROM events WHERE company_id = ?1 AND seq >= ?2 AND seq < ?2 + ?3 ORDER BY seq";
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query(params![entry.company.as_str(), entry.seq.cast_signed(), projected.cast_signed()])?;
    while let Some(row) = rows.next()? {
        let seq = row.get::<_, i64>(0)?.cast_unsigned();
        let event: Event = serde_json::from_str(row.get_ref(2)?.as_str().map_err(unreadable)?).map_err(unreadable)?;
        let logged = usize::try_from(seq - entry.seq).ok().and_then(|place| entry.events.get(place));
        if logged != Some(&event) || entry.at != time(row.get(1)?) {
            return Ok(Some(seq));
        }
    }
    Ok(None)
}

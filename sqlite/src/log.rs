//! The log: each batch is a row, and each entry of it a line of JSON. It is all that a commit has to write.
//!
//! A batch has entries of many companies, and the tables stand in the order of companies: written into them at once, a
//! batch would touch pages for each of its companies, and all of them would be synced before anybody is told. So the
//! tables are filed a moment later (`filing.rs`), and what is filed leaves the log.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use serde::Deserialize;
use switchboard_core::{CompanyId, Event, Time};

use crate::columns::{time, unreadable};
use crate::unfiled::Unfiled;
use crate::{Error, tables};

/// An entry as the log has it.
#[derive(Debug, Deserialize)]
pub(super) struct Logged {
    pub(super) company: CompanyId,
    /// The number of the first event.
    pub(super) seq: u64,
    pub(super) at: Time,
    pub(super) events: Vec<Event>,
}

/// Adds an entry to a batch.
pub(super) fn add(batch: &mut String, company: &CompanyId, entry: &Unfiled) {
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

/// Writes a batch. Says under which number.
pub(super) fn append(connection: &Connection, batch: &str) -> Result<i64, Error> {
    let number = connection.prepare_cached("INSERT INTO log (entries) VALUES (?1)")?.insert([batch])?;
    Ok(number)
}

/// Takes out all batches up to that one: everything in them is filed.
pub(super) fn remove_up_to(connection: &Connection, batch: i64) -> Result<(), Error> {
    connection.prepare_cached("DELETE FROM log WHERE batch <= ?1")?.execute(params![batch])?;
    Ok(())
}

/// Takes a company's entries out of all batches: all of them are filed.
pub(super) fn forget_filed(connection: &Connection, company: &CompanyId) -> Result<(), Error> {
    let mut query = connection.prepare("SELECT batch, entries FROM log ORDER BY batch")?;
    let batches = query.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    for batch in batches.collect::<Result<Vec<_>, _>>()? {
        let (number, entries) = batch;
        // As it is written: an id has no character that JSON must escape.
        let theirs = format!(r#"{{"company":"{company}","#);
        let kept: String = entries.split_inclusive('\n').filter(|line| !line.starts_with(&theirs)).collect();
        if kept.len() < entries.len() {
            connection.execute("UPDATE log SET entries = ?2 WHERE batch = ?1", params![number, kept])?;
        }
    }
    Ok(())
}

/// What is in the log.
#[derive(Default)]
pub(super) struct Log {
    /// What is not filed yet, each company's in the order in which it was committed.
    pub(super) unfiled: BTreeMap<CompanyId, Vec<Logged>>,
    /// Events of which the tables have others under their numbers, in words: two servers have written.
    pub(super) clashes: Vec<String>,
}

/// Reads the log of a store. A batch stays in it until the last of its entries is filed, and of a large entry a part may
/// be.
pub(super) fn read(connection: &Connection) -> Result<Log, Error> {
    let mut query = connection.prepare("SELECT entries FROM log ORDER BY batch")?;
    let mut rows = query.query([])?;
    let mut log = Log::default();
    while let Some(row) = rows.next()? {
        for line in row.get_ref(0)?.as_str().map_err(unreadable)?.lines() {
            let mut entry: Logged = serde_json::from_str(line).map_err(unreadable)?;
            let filed = (tables::last_seq(connection, &entry.company)? + 1).saturating_sub(entry.seq);
            let filed_events = usize::try_from(filed).unwrap_or(usize::MAX).min(entry.events.len());
            if let Some(seq) = clash(connection, &entry, filed_events)? {
                let company = &entry.company;
                log.clashes.push(format!("{company}: event {seq} is in the log, and another is filed as {seq}"));
            }
            if filed_events < entry.events.len() {
                entry.events.drain(..filed_events);
                entry.seq += filed;
                log.unfiled.entry(entry.company.clone()).or_default().push(entry);
            }
        }
    }
    Ok(log)
}

/// The first of an entry's events that the tables have otherwise. What history does not begin before any more they do
/// not have at all.
fn clash(connection: &Connection, entry: &Logged, filed_events: usize) -> Result<Option<u64>, Error> {
    if filed_events == 0 {
        return Ok(None);
    }
    let filed = filed_events as u64;
    let sql = "SELECT seq, at, data FROM events WHERE company_id = ?1 AND seq >= ?2 AND seq < ?2 + ?3 ORDER BY seq";
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query(params![entry.company.as_str(), entry.seq.cast_signed(), filed.cast_signed()])?;
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

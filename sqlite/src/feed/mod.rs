//! The feed: what happened in a company, as back ends are told it, in the order of the commits.
//!
//! The table of events is the outbox. What is told of an event is made when it is read, always in the same way: so a
//! booking pays nothing for it, and whatever is committed can be told, also after a crash.

mod told;

mod render;

#[cfg(test)]
mod tests;

use rusqlite::{Connection, OptionalExtension, params};
use switchboard_core::{CompanyId, Event, Time};
use switchboard_journal::Wanted;
use switchboard_wire::Kind;

use crate::columns::{time, unreadable};
use crate::reader::Reader;
use crate::{Error, removal};

pub use told::{Told, event_id};

/// Stored events that are looked at for one slice: of a type that is seldom, a long past is read in parts.
const LOOKED_AT_MAX: u32 = 2_000;
/// Bytes of a slice, as it is told: what each of those who follow holds in memory.
pub const SLICE_MAX_BYTES: usize = 256 * 1024;

/// Events in their order, and after which one to go on.
#[derive(Debug)]
pub struct Slice<T = Told> {
    /// What is told.
    pub events: Vec<T>,
    /// All up to this number was looked at.
    pub next: u64,
    /// Whether that is all there is.
    pub is_all: bool,
}

impl Reader {
    /// What a company has told after that number, and by which event a company of that id was removed last.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn feed(
        &self,
        company: &CompanyId,
        after: u64,
        limit: usize,
        wanted: &Wanted,
    ) -> Result<(Slice, Option<u64>), Error> {
        self.ask(|connection| {
            let slice = read(connection, company, after, limit, wanted)?;
            Ok((slice, removal::last(connection, company)?))
        })
    }

    /// What was told with that number; none when it is not kept any more, or nothing is told of it.
    ///
    /// # Errors
    /// As [`Reader::feed`].
    pub fn told(&self, company: &CompanyId, seq: u64) -> Result<Option<Told>, Error> {
        self.ask(|connection| one(connection, company, seq))
    }

    /// The numbers of a company's oldest event that is kept and of its latest; none when there is no event.
    ///
    /// # Errors
    /// As [`Reader::feed`].
    pub fn feed_kept(&self, company: &CompanyId) -> Result<Option<(u64, u64)>, Error> {
        self.ask(|connection| kept(connection, company))
    }

    /// By which event a company of that id was removed last.
    ///
    /// # Errors
    /// As [`Reader::feed`].
    pub fn removed_last(&self, company: &CompanyId) -> Result<Option<u64>, Error> {
        self.ask(|connection| removal::last(connection, company))
    }
}

fn read(
    connection: &Connection,
    company: &CompanyId,
    after: u64,
    limit: usize,
    wanted: &Wanted,
) -> Result<Slice, Error> {
    let bytes = |told: &Told| told.json.len();
    slice(connection, company, after, limit, wanted, bytes, |seq, at, event| {
        render::told(connection, company, seq, at, event)
    })
}

/// The same without what is told: the number of each event, and what it is about.
pub(super) fn lanes(
    connection: &Connection,
    company: &CompanyId,
    after: u64,
    limit: usize,
    wanted: &Wanted,
) -> Result<Slice<(u64, String)>, Error> {
    slice(
        connection,
        company,
        after,
        limit,
        wanted,
        |_| 0,
        |seq, _, event| Ok(render::lane(connection, company, event)?.map(|lane| (seq, lane))),
    )
}

fn slice<T>(
    connection: &Connection,
    company: &CompanyId,
    after: u64,
    limit: usize,
    wanted: &Wanted,
    bytes_of: impl Fn(&T) -> usize,
    tell: impl Fn(u64, Time, &Event) -> Result<Option<T>, Error>,
) -> Result<Slice<T>, Error> {
    let after = after.max(removal::begins_behind(connection, company)?);
    let sql = "SELECT seq, at, kind, data FROM events WHERE company_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query(params![company.as_str(), after.cast_signed(), LOOKED_AT_MAX])?;
    let mut slice = Slice { events: Vec::new(), next: after, is_all: false };
    let (mut looked_at, mut bytes) = (0, 0);
    while let Some(row) = rows.next()? {
        let seq = row.get::<_, i64>(0)?.cast_unsigned();
        let stored = row.get_ref(2)?.as_str().map_err(unreadable)?;
        if Kind::of_stored(stored).is_some_and(|kind| wanted.has(kind)) {
            if slice.events.len() == limit {
                return Ok(slice);
            }
            let event = parse(row.get_ref(3)?.as_str().map_err(unreadable)?)?;
            let told = tell(seq, time(row.get(1)?), &event)?;
            bytes += told.as_ref().map_or(0, &bytes_of);
            if bytes > SLICE_MAX_BYTES && !slice.events.is_empty() {
                return Ok(slice);
            }
            slice.events.extend(told);
        }
        slice.next = seq;
        looked_at += 1;
    }
    slice.is_all = looked_at < LOOKED_AT_MAX;
    Ok(slice)
}

fn one(connection: &Connection, company: &CompanyId, seq: u64) -> Result<Option<Told>, Error> {
    if seq <= removal::begins_behind(connection, company)? {
        return Ok(None);
    }
    let sql = "SELECT at, data FROM events WHERE company_id = ?1 AND seq = ?2";
    let mut query = connection.prepare_cached(sql)?;
    let bind = params![company.as_str(), seq.cast_signed()];
    let found: Option<(i64, String)> = query.query_row(bind, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((at, data)) = found else { return Ok(None) };
    render::told(connection, company, seq, time(at), &parse(&data)?)
}

pub(super) fn kept(connection: &Connection, company: &CompanyId) -> Result<Option<(u64, u64)>, Error> {
    let begins_behind = removal::begins_behind(connection, company)?;
    let sql = "SELECT (SELECT min(seq) FROM events WHERE company_id = ?1), (SELECT max(seq) FROM events WHERE company_id = ?1)";
    let mut query = connection.prepare_cached(sql)?;
    let found: (Option<i64>, Option<i64>) =
        query.query_row([company.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let kept = found.0.zip(found.1).map(|(oldest, latest)| (oldest.cast_unsigned(), latest.cast_unsigned()));
    // What the company that had the id before has told is not this one's.
    Ok(kept.map(|(oldest, latest)| (oldest.max(begins_behind + 1), latest)))
}

fn parse(data: &str) -> Result<Event, Error> {
    serde_json::from_str(data).map_err(unreadable)
}

//! `switchboard check`: folds every company's events anew, and compares the result with the tables and snapshots.

mod brought;

mod numbers;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use switchboard_core::id::{StoredAsText, stored_topics};
use switchboard_core::{Brand, Company, CompanyId, Event, Profile, Time, invariants};
use switchboard_history::{Past, days};
use switchboard_journal::StoreError;
use switchboard_journal::rows::{Row, RowKey, rows_of, rows_of_all};

use crate::columns::{parsed, parsed_or_null, skills, state, text_or_null, time, unreadable};
use crate::commit_log::{self, CommitLog, Logged};
use crate::past::Tables;
use crate::past::bookings::{booking_columns, offer_columns, read_booking, read_offer};
use crate::past::sessions::{message_columns, read_message, read_notes, read_session, session_columns};
use crate::reader::Reader;
use crate::{Error, erasure, logos, removal, tables};

/// Maximum number of differences that are described for one company; the others are counted.
const TOLD_PER_COMPANY: usize = 20;

/// Duration for which one moment is read, because a running server cannot restart SQLite's log meanwhile.
const PIECE_MAX: Duration = Duration::from_secs(1);
/// Pause in which the server copies and restarts its log, with its next commits.
const BETWEEN_PIECES: Duration = Duration::from_millis(200);

/// The result of a check.
#[derive(Debug, Default)]
pub struct CheckReport {
    pub companies: usize,
    pub events: u64,
    pub rows: usize,
    /// Descriptions of the differences found.
    pub differences: Vec<String>,
    /// Companies with a decided erasure, which the server finishes, or the next one after a crash.
    pub unfinished: Vec<CompanyId>,
}

/// Checks everything that a store holds, each company as of one moment. A running server goes on meanwhile.
pub fn check(reader: &Reader) -> Result<CheckReport, Error> {
    let mut report = CheckReport::default();
    let mut companies = reader.read(companies)?.into_iter().peekable();
    loop {
        reader.read(|connection| {
            let began = Instant::now();
            let CommitLog { mut unprojected, clashes } = commit_log::read(connection)?;
            let new: Vec<_> = clashes.into_iter().filter(|clash| !report.differences.contains(clash)).collect();
            report.differences.extend(new);
            while began.elapsed() < PIECE_MAX
                && let Some(id) = companies.next()
            {
                check_company(connection, &id, &unprojected.remove(&id).unwrap_or_default(), &mut report)?;
            }
            Ok(())
        })?;
        if companies.peek().is_none() {
            break;
        }
        std::thread::sleep(BETWEEN_PIECES);
    }
    report.differences.extend(reader.read(brought::of_nobody)?);
    Ok(report)
}

/// The companies of all events, projected or not.
fn companies(connection: &Connection) -> Result<BTreeSet<CompanyId>, Error> {
    let mut query = connection.prepare("SELECT DISTINCT company_id FROM events")?;
    let ids = query.query_map([], |row| row.get::<_, String>(0))?;
    let projected = ids.map(|id| CompanyId::from_stored(&id?).map_err(unreadable));
    commit_log::read(connection)?.unprojected.into_keys().map(Ok).chain(projected).collect()
}

fn check_company(
    connection: &Connection,
    id: &CompanyId,
    unprojected: &[Logged],
    report: &mut CheckReport,
) -> Result<(), Error> {
    if erasure::is_being_placed(connection, id)? {
        report.unfinished.push(id.clone());
        return Ok(());
    }
    let Folded { mut company, expected, mut found, origin, first_seq, hired, removed } = fold(connection, id)?;
    let last = tables::last_seq(connection, id)?;
    if company.seq() != last {
        found.push(format!("the last event should be {last}, but the events end at {}", company.seq()));
    }
    for Logged { seq, at, events, .. } in unprojected {
        if *seq != company.seq() + 1 {
            found.push(format!("event {seq} is stored, but event {} is expected next", company.seq() + 1));
        }
        events.iter().for_each(|event| company.apply(*at, event));
    }
    if let Err(broken) = invariants::check(&company) {
        found.push(format!("after all events: {broken}"));
    }
    found.extend(brought::differences(connection, id, company.seq())?);
    found.extend(logos::differences(connection, id)?);
    found.extend(days::differences(&Tables(connection), id)?);
    let known = removal::last(connection, id)?;
    if removed.is_some() && removed != known {
        found.push(format!("the last removal is event {removed:?}, but the table has {known:?}"));
    }
    found.extend(numbers::differences(connection, id, first_seq, &hired)?);
    let Found { rows: stored, unreadable } = read_rows(connection, id)?;
    found.extend(unreadable);
    found.extend(
        expected
            .iter()
            .filter(|(key, row)| stored.get(*key) != Some(*row))
            .map(|(key, row)| format!("{key:?}: the events make {row:?}, the table has {:?}", stored.get(key))),
    );
    let unexpected = stored.iter().filter(|(key, row)| !expected.contains_key(*key) && !is_from_before(row, origin));
    found.extend(unexpected.map(|(key, _)| format!("{key:?}: the table has a row that no event makes")));
    report.companies += 1;
    report.events += company.seq();
    report.rows += stored.len();
    let more = found.len().saturating_sub(TOLD_PER_COMPANY);
    report.differences.extend(found.into_iter().take(TOLD_PER_COMPANY).map(|text| format!("{id}: {text}")));
    if more > 0 {
        report.differences.push(format!("{id}: and {more} more"));
    }
    Ok(())
}

/// The result of folding a company's projected events.
struct Folded {
    company: Company,
    expected: BTreeMap<RowKey, Row>,
    found: Vec<String>,
    /// The beginning of the kept history; none when all of it is kept.
    origin: Option<Time>,
    /// The number of the last event before the kept history.
    first_seq: u64,
    /// The employee of each number, with the event from which on they have it.
    hired: Vec<numbers::Hired>,
    /// The number of the last event that removed the company.
    removed: Option<u64>,
}

/// Folds a company's events, from the oldest base if earlier events were removed, and compares every snapshot and base
/// on the way.
fn fold(connection: &Connection, id: &CompanyId) -> Result<Folded, Error> {
    let past: &dyn Past = &Tables(connection);
    let snapshot = past.snapshot(id)?;
    let base = past.origin(id)?;
    let origin = base.as_ref().map(Company::clock);
    let company = base.unwrap_or_else(|| Company::new(id.clone()));
    let expected = rows_of_all(&company).into_iter().map(|row| (row.key(), row)).collect();
    let after = company.seq();
    let hired = company.employees_after(None).map(|(no, employee)| (no, after, employee.id.clone())).collect();
    let mut folded = Folded { company, expected, found: Vec::new(), origin, first_seq: after, hired, removed: None };
    let mut query =
        connection.prepare("SELECT seq, data FROM bases WHERE company_id = ?1 AND seq > ?2 ORDER BY seq")?;
    let mut bases = query.query(params![id.as_str(), after.cast_signed()])?;
    let mut next = next_base(&mut bases)?;
    if is_another(snapshot.as_ref(), &folded.company, origin) {
        folded.found.push(format!("the snapshot after event {after} differs from the oldest base"));
    }
    past.each_event(id, after, |at, event| {
        let Folded { company, expected, found, hired, removed, .. } = &mut folded;
        company.apply(at, event);
        if matches!(event, Event::CompanyRemoved) {
            *removed = Some(company.seq());
        }
        if let Event::EmployeeSet { employee, id, .. } = event {
            hired.push((*employee, company.seq(), id.clone()));
        }
        for row in rows_of(company, std::slice::from_ref(event)) {
            expect(expected, row);
        }
        if is_another(snapshot.as_ref(), company, origin) {
            found.push(format!("the snapshot after event {} differs from the events", company.seq()));
        }
        if let Some((seq, stored)) = &next
            && *seq == company.seq()
        {
            if *stored != switchboard_wire::view::json(&company.without_past().without_counts()) {
                found.push(format!("the base after event {seq} differs from the events"));
            }
            next = next_base(&mut bases)?;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    if let Some((seq, _)) = next {
        folded.found.push(format!("there is a base after event {seq}, but no such event"));
    }
    Ok(folded)
}

/// Whether the snapshot is of this moment and has another state. After a cut, finished bookings and sessions are not
/// compared, because only the snapshot may still have those from before the origin.
fn is_another(snapshot: Option<&Company>, company: &Company, origin: Option<Time>) -> bool {
    let whole = |company: &Company| match origin {
        Some(_) => switchboard_wire::view::json(&company.without_past().without_counts()),
        None => switchboard_wire::view::json(&company.without_counts()),
    };
    snapshot.is_some_and(|stored| stored.seq() == company.seq() && whole(stored) != whole(company))
}

/// The next base, encoded anew by this version, so that a new field with its default is no difference, and without
/// counts that an earlier version lacked.
fn next_base(bases: &mut rusqlite::Rows<'_>) -> Result<Option<(u64, String)>, Error> {
    let Some(row) = bases.next()? else { return Ok(None) };
    let base = state(row, 1)?;
    Ok(Some((row.get::<_, i64>(0)?.cast_unsigned(), switchboard_wire::view::json(&base.without_counts()))))
}

/// Whether a row belongs to a history that is being removed. Rows that were open at the origin do not, because the base
/// has them.
fn is_from_before(row: &Row, origin: Option<Time>) -> bool {
    let began = match row {
        Row::Booking(row) => row.created_at,
        Row::Offer(row) => row.made_at,
        Row::Session(row) => row.started_at,
        Row::Notes(row) => row.started_at,
        Row::Code(row) => row.started_at,
        Row::Message(row) => row.at,
        Row::Company { .. } | Row::CompanyGone | Row::Employee { .. } | Row::EmployeeGone { .. } => return false,
    };
    origin.is_some_and(|origin| began <= origin)
}

fn expect(expected: &mut BTreeMap<RowKey, Row>, row: Row) {
    match row {
        Row::CompanyGone => expected.retain(|key, _| !matches!(key, RowKey::Company | RowKey::Employee(_))),
        Row::EmployeeGone { .. } => {
            expected.remove(&row.key());
        }
        // A code changes a row that is there, and brings none back.
        Row::Code(new) => {
            if let Some(Row::Session(session)) = expected.get_mut(&RowKey::Session(new.session_id)) {
                session.code = Some(new.code);
            }
        }
        Row::Company { .. }
        | Row::Employee { .. }
        | Row::Booking(_)
        | Row::Offer(_)
        | Row::Session(_)
        | Row::Notes(_)
        | Row::Message(_) => {
            expected.insert(row.key(), row);
        }
    }
}

/// The rows of a company, and descriptions of those that cannot be read.
#[derive(Default)]
struct Found {
    rows: BTreeMap<RowKey, Row>,
    unreadable: Vec<String>,
}

fn read_rows(connection: &Connection, id: &CompanyId) -> Result<Found, Error> {
    let id = id.as_str();
    let mut rows = Found::default();
    let sql = "SELECT name, settings, created_at, colour, logo, routing FROM companies WHERE id = ?1";
    each_row(connection, sql, id, &mut rows, |row| {
        let settings = serde_json::from_str(&row.get::<_, String>(1)?).map_err(unreadable)?;
        let brand = Brand { colour: parsed_or_null(row, 3)?, logo: parsed_or_null(row, 4)? };
        let routing = text_or_null(row, 5)?.map(|text| serde_json::from_str(text).map_err(unreadable)).transpose()?;
        Ok(Row::Company { name: row.get(0)?, settings, created_at: time(row.get(2)?), brand, routing })
    })?;
    let sql = "SELECT id, name, topics, intent, skills, share, capacity FROM employees WHERE company_id = ?1";
    each_row(connection, sql, id, &mut rows, |row| {
        let topics = row.get::<_, String>(2)?;
        let topics = stored_topics(&mut serde_json::Deserializer::from_str(&topics)).map_err(unreadable)?;
        let profile = Profile { skills: skills(row, 4)?, share: row.get(5)?, capacity: row.get(6)? };
        let (id, name, intent) = (parsed(row, 0)?, row.get(1)?, row.get::<_, String>(3)?.into());
        Ok(Row::Employee { id, name, topics, profile, intent })
    })?;
    read_booking_rows(connection, id, &mut rows)?;
    read_session_rows(connection, id, &mut rows)?;
    Ok(rows)
}

fn read_booking_rows(connection: &Connection, id: &str, rows: &mut Found) -> Result<(), Error> {
    let sql = concat!("SELECT ", booking_columns!(), " FROM bookings b WHERE b.company_id = ?1");
    each_row(connection, sql, id, rows, |row| Ok(Row::Booking(Box::new(read_booking(row)?))))?;
    let sql = concat!("SELECT ", offer_columns!(), " FROM offers WHERE company_id = ?1");
    each_row(connection, sql, id, rows, |row| Ok(Row::Offer(Box::new(read_offer(row)?))))
}

fn read_session_rows(connection: &Connection, id: &str, rows: &mut Found) -> Result<(), Error> {
    let sql = concat!("SELECT ", session_columns!(), " FROM sessions s WHERE s.company_id = ?1");
    each_row(connection, sql, id, rows, |row| Ok(Row::Session(Box::new(read_session(row, 0)?))))?;
    let sql = "SELECT id, started_at, notes, notes_at FROM sessions
               WHERE company_id = ?1 AND (notes IS NOT NULL OR notes_at IS NOT NULL)";
    each_row(connection, sql, id, rows, |row| Ok(Row::Notes(Box::new(read_notes(row)?))))?;
    let sql = concat!("SELECT ", message_columns!(), " FROM messages WHERE company_id = ?1");
    each_row(connection, sql, id, rows, |row| Ok(Row::Message(Box::new(read_message(row)?))))
}

fn each_row(
    connection: &Connection,
    sql: &str,
    company: &str,
    rows: &mut Found,
    read: impl Fn(&rusqlite::Row<'_>) -> Result<Row, Error>,
) -> Result<(), Error> {
    let mut query = connection.prepare(sql)?;
    let mut found = query.query(params![company])?;
    while let Some(row) = found.next()? {
        match read(row) {
            Ok(row) => drop(rows.rows.insert(row.key(), row)),
            Err(Error::Store(StoreError::Unreadable(why))) => {
                rows.unreadable.push(format!("an unreadable row: {why}: {sql}"))
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

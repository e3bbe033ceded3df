//! What the store keeps of webhooks: the endpoints, and of each what waits for it or could not be brought.

use rusqlite::{Connection, OptionalExtension, Row as Record, params};
use switchboard_core::{CompanyId, Time};

use super::endpoint::{Endpoint, Off, State};
use super::queue::{Progress, Row};
use crate::config::Secret;
use crate::feed::Wanted;
use crate::journal::StoreError;

macro_rules! endpoint_columns {
    () => {
        "SELECT company_id, id, url, description, types, state, reason, secret, old_secret, old_secret_until, cursor,
             failing_since, last_error, created_at FROM webhooks"
    };
}

/// A delivery that waits or is dead, for people.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The number of the event.
    pub seq: u64,
    /// `pending` or `dead`.
    pub state: String,
    /// Tries so far.
    pub attempts: u32,
    /// When the next one is.
    pub due: Time,
    /// Why the last one failed; none when it only waits behind another.
    pub error: Option<String>,
}

/// How much an endpoint is behind.
#[derive(Clone, Copy, Debug, Default)]
pub struct Behind {
    /// Deliveries that wait.
    pub pending: u64,
    /// Deliveries that are not tried any more.
    pub dead: u64,
    /// Events that were not looked at yet.
    pub unread: u64,
}

/// An endpoint.
///
/// # Errors
/// When the store cannot be read.
pub fn endpoint(connection: &Connection, company: &CompanyId, id: &str) -> Result<Option<Endpoint>, StoreError> {
    let sql = concat!(endpoint_columns!(), " WHERE company_id = ?1 AND id = ?2");
    let found = connection.prepare_cached(sql)?.query_row(params![company.as_str(), id], read_endpoint).optional()?;
    found.transpose()
}

/// A company's endpoints after that id.
///
/// # Errors
/// When the store cannot be read.
pub fn endpoints(
    connection: &Connection,
    company: &CompanyId,
    after: &str,
    limit: u32,
) -> Result<Vec<Endpoint>, StoreError> {
    let sql = concat!(endpoint_columns!(), " WHERE company_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![company.as_str(), after, limit], read_endpoint)?;
    rows.map(|row| row?).collect()
}

/// How many endpoints a company has.
///
/// # Errors
/// When the store cannot be read.
pub fn count(connection: &Connection, company: &CompanyId) -> Result<usize, StoreError> {
    let sql = "SELECT count(*) FROM webhooks WHERE company_id = ?1";
    let count: i64 = connection.query_row(sql, [company.as_str()], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// All endpoints that are on, by company and id.
pub(super) fn all_on(connection: &Connection) -> Result<Vec<(CompanyId, String)>, StoreError> {
    let mut query = connection.prepare("SELECT company_id, id FROM webhooks WHERE state = 'on'")?;
    let rows = query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    rows.map(|row| row.map_err(StoreError::from).and_then(|(company, id)| Ok((read_id(&company)?, id)))).collect()
}

/// How much an endpoint is behind.
///
/// # Errors
/// When the store cannot be read.
pub fn behind(connection: &Connection, endpoint: &Endpoint) -> Result<Behind, StoreError> {
    let sql = "SELECT count(*) FILTER (WHERE state = 'pending'), count(*) FILTER (WHERE state = 'dead')
               FROM webhook_deliveries WHERE company_id = ?1 AND webhook_id = ?2";
    let mut query = connection.prepare_cached(sql)?;
    let (pending, dead): (i64, i64) =
        query.query_row(params![endpoint.company.as_str(), endpoint.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let latest = crate::feed::kept(connection, &endpoint.company)?.map_or(0, |(_, latest)| latest);
    let unread = latest.saturating_sub(endpoint.cursor);
    Ok(Behind { pending: pending.cast_unsigned(), dead: dead.cast_unsigned(), unread })
}

/// An endpoint's deliveries that wait or are dead, after that event.
///
/// # Errors
/// When the store cannot be read.
pub fn deliveries(
    connection: &Connection,
    company: &CompanyId,
    id: &str,
    state: Option<&str>,
    after: u64,
    limit: u32,
) -> Result<Vec<Delivery>, StoreError> {
    let sql = "SELECT seq, state, attempts, due_at, last_error FROM webhook_deliveries
               WHERE company_id = ?1 AND webhook_id = ?2 AND (?3 IS NULL OR state = ?3) AND seq > ?4
               ORDER BY seq LIMIT ?5";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![company.as_str(), id, state, after.cast_signed(), limit], |row| {
        let (seq, due): (i64, i64) = (row.get(0)?, row.get(3)?);
        let (state, attempts, error) = (row.get(1)?, row.get(2)?, row.get(4)?);
        Ok(Delivery { seq: seq.cast_unsigned(), state, attempts, due: time(due), error })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What waits for an endpoint, and which of its deliveries behind the cursor are dead.
pub(super) fn queue(connection: &Connection, endpoint: &Endpoint) -> Result<(Vec<Row>, Vec<u64>), StoreError> {
    let (company, id) = (endpoint.company.as_str(), endpoint.id.as_str());
    let sql = "SELECT seq, lane, attempts, due_at, last_error FROM webhook_deliveries
               WHERE company_id = ?1 AND webhook_id = ?2 AND state = 'pending' ORDER BY seq";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![company, id], |row| {
        let (seq, due): (i64, i64) = (row.get(0)?, row.get(3)?);
        let (lane, attempts, error) = (row.get(1)?, row.get(2)?, row.get(4)?);
        Ok(Row { seq: seq.cast_unsigned(), lane, attempts, due: time(due), error })
    })?;
    let waiting = rows.collect::<Result<_, _>>()?;
    let sql = "SELECT seq FROM webhook_deliveries
               WHERE company_id = ?1 AND webhook_id = ?2 AND state = 'dead' AND seq > ?3";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![company, id, endpoint.cursor.cast_signed()], |row| row.get::<_, i64>(0))?;
    let dead = rows.map(|seq| seq.map(i64::cast_unsigned)).collect::<Result<_, _>>()?;
    Ok((waiting, dead))
}

/// The oldest event that an endpoint of the company still needs: what is older may go. Endpoints that are off need
/// nothing.
///
/// # Errors
/// When the store cannot be read.
pub fn oldest_needed(connection: &Connection, company: &CompanyId) -> Result<Option<u64>, StoreError> {
    let sql = "SELECT min(needed) FROM (
                   SELECT cursor + 1 AS needed FROM webhooks WHERE company_id = ?1 AND state = 'on'
                   UNION ALL
                   SELECT d.seq FROM webhook_deliveries d JOIN webhooks w
                       ON w.company_id = d.company_id AND w.id = d.webhook_id
                   WHERE d.company_id = ?1 AND d.state = 'pending' AND w.state = 'on')";
    let needed: Option<i64> = connection.query_row(sql, [company.as_str()], |row| row.get(0))?;
    Ok(needed.map(i64::cast_unsigned))
}

/// Writes a new endpoint, if its company has fewer than that many.
///
/// # Errors
/// When the store cannot be written.
pub fn insert(connection: &Connection, endpoint: &Endpoint, at_most: usize) -> Result<(), StoreError> {
    let sql = "INSERT INTO webhooks (company_id, id, url, description, types, state, secret, cursor, created_at)
               SELECT ?1, ?2, ?3, ?4, ?5, 'on', ?6, ?7, ?8
               WHERE (SELECT count(*) FROM webhooks WHERE company_id = ?1) < ?9
               ON CONFLICT DO NOTHING";
    connection.prepare_cached(sql)?.execute(params![
        endpoint.company.as_str(),
        endpoint.id,
        endpoint.url,
        endpoint.description,
        crate::view::json(&endpoint.wanted.words()),
        endpoint.secret.expose(),
        endpoint.cursor.cast_signed(),
        ms(endpoint.created_at),
        i64::try_from(at_most).unwrap_or(i64::MAX)
    ])?;
    Ok(())
}

/// Writes what of an endpoint can be set. One that is turned on begins anew with its health.
///
/// # Errors
/// When the store cannot be written.
pub fn update(connection: &Connection, endpoint: &Endpoint) -> Result<(), StoreError> {
    let sql = "UPDATE webhooks SET url = ?3, description = ?4, types = ?5, reason = ?7,
                   failing_since = CASE WHEN state = ?6 THEN failing_since END, state = ?6
               WHERE company_id = ?1 AND id = ?2";
    connection.prepare_cached(sql)?.execute(params![
        endpoint.company.as_str(),
        endpoint.id,
        endpoint.url,
        endpoint.description,
        crate::view::json(&endpoint.wanted.words()),
        endpoint.state.word(),
        endpoint.state.reason()
    ])?;
    Ok(())
}

/// Gives an endpoint a new secret; the one before counts until then.
///
/// # Errors
/// When the store cannot be written.
pub fn rotate(
    connection: &Connection,
    company: &CompanyId,
    id: &str,
    secret: &Secret,
    old_until: Time,
) -> Result<(), StoreError> {
    let sql = "UPDATE webhooks SET old_secret = secret, old_secret_until = ?4, secret = ?3
               WHERE company_id = ?1 AND id = ?2";
    connection.prepare_cached(sql)?.execute(params![company.as_str(), id, secret.expose(), ms(old_until)])?;
    Ok(())
}

/// Takes an endpoint away, with all that waits for it.
///
/// # Errors
/// When the store cannot be written.
pub fn remove(connection: &Connection, company: &CompanyId, id: &str) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM webhook_deliveries WHERE company_id = ?1 AND webhook_id = ?2",
        "DELETE FROM webhooks WHERE company_id = ?1 AND id = ?2",
    ] {
        connection.prepare_cached(sql)?.execute(params![company.as_str(), id])?;
    }
    Ok(())
}

/// Has a delivery begin anew now.
///
/// # Errors
/// When the store cannot be written.
pub fn begin_anew(
    connection: &Connection,
    company: &CompanyId,
    id: &str,
    seq: u64,
    now: Time,
) -> Result<(), StoreError> {
    let sql = "UPDATE webhook_deliveries SET state = 'pending', attempts = 0, due_at = ?4
               WHERE company_id = ?1 AND webhook_id = ?2 AND seq = ?3";
    connection.prepare_cached(sql)?.execute(params![company.as_str(), id, seq.cast_signed(), ms(now)])?;
    Ok(())
}

/// What has changed of an endpoint by what was sent to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Report {
    pub(super) progress: Progress,
    pub(super) failing_since: Option<Time>,
    pub(super) last_error: Option<String>,
    pub(super) off: Option<Off>,
}

/// Writes it, unless the endpoint was removed.
pub(super) fn write(connection: &Connection, company: &CompanyId, id: &str, report: &Report) -> Result<(), StoreError> {
    let Report { progress, failing_since, last_error, off } = report;
    let sql = "UPDATE webhooks SET cursor = max(cursor, ?3), failing_since = ?4, last_error = ?5,
                   reason = CASE WHEN state = 'on' THEN ?6 ELSE reason END,
                   state = CASE WHEN state = 'on' AND ?6 IS NOT NULL THEN 'off' ELSE state END
               WHERE company_id = ?1 AND id = ?2";
    let written = connection.prepare_cached(sql)?.execute(params![
        company.as_str(),
        id,
        progress.cursor.cast_signed(),
        failing_since.map(ms),
        last_error,
        off.map(Off::word)
    ])?;
    if written == 0 {
        return Ok(());
    }
    let mut delete = connection
        .prepare_cached("DELETE FROM webhook_deliveries WHERE company_id = ?1 AND webhook_id = ?2 AND seq = ?3")?;
    for seq in &progress.brought {
        delete.execute(params![company.as_str(), id, seq.cast_signed()])?;
    }
    let sql = "INSERT INTO webhook_deliveries (company_id, webhook_id, seq, lane, state, attempts, due_at, last_error)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
               ON CONFLICT DO UPDATE SET state = excluded.state, attempts = excluded.attempts,
                   due_at = excluded.due_at, last_error = excluded.last_error";
    let mut put = connection.prepare_cached(sql)?;
    let waiting = progress.waiting.iter().map(|row| ("pending", row));
    for (state, row) in waiting.chain(progress.dead.iter().map(|row| ("dead", row))) {
        let (seq, due) = (row.seq.cast_signed(), ms(row.due));
        put.execute(params![company.as_str(), id, seq, row.lane, state, row.attempts, due, row.error])?;
    }
    Ok(())
}

fn read_endpoint(row: &Record<'_>) -> rusqlite::Result<Result<Endpoint, StoreError>> {
    let (company, types, state): (String, String, String) = (row.get(0)?, row.get(4)?, row.get(5)?);
    let (reason, old, until): (Option<String>, Option<String>, Option<i64>) = (row.get(6)?, row.get(8)?, row.get(9)?);
    let (cursor, failing, created): (i64, Option<i64>, i64) = (row.get(10)?, row.get(11)?, row.get(13)?);
    let (id, url, description, secret) = (row.get(1)?, row.get(2)?, row.get(3)?, row.get(7)?);
    let last_error = row.get(12)?;
    Ok(read_id(&company).and_then(|company| {
        let words: Vec<String> = serde_json::from_str(&types).map_err(unreadable)?;
        Ok(Endpoint {
            company,
            id,
            url,
            description,
            wanted: Wanted::read(words.iter().map(String::as_str)).map_err(unreadable)?,
            state: State::read(&state, reason.as_deref()),
            secret: Secret::new(secret),
            old_secret: old.map(Secret::new).zip(until.map(time)),
            cursor: cursor.cast_unsigned(),
            failing_since: failing.map(time),
            last_error,
            created_at: time(created),
        })
    }))
}

fn read_id(text: &str) -> Result<CompanyId, StoreError> {
    text.parse().map_err(unreadable)
}

fn ms(time: Time) -> i64 {
    i64::try_from(time.as_ms()).unwrap_or(i64::MAX)
}

fn time(ms: i64) -> Time {
    Time::from_ms(u64::try_from(ms).unwrap_or(0))
}

fn unreadable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unreadable(error.to_string())
}

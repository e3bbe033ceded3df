//! The tables of webhooks: endpoints, and their pending deliveries and dead letters.

use rusqlite::{Connection, Row as Record, params};
use switchboard_core::{CompanyId, Time};
use switchboard_history::past::{Endpoints, HistoryResult};
use switchboard_journal::Wanted;
use switchboard_journal::endpoint::{Delivery, DeliveryReport, Endpoint, EndpointWrite, QueuedDelivery, State};
use switchboard_wire::{Off, Secret};

use crate::Error;
use crate::columns::{ms, parsed, time, time_or_null, unreadable};
use crate::past::Tables;

macro_rules! endpoint_columns {
    () => {
        "SELECT company_id, id, url, description, types, state, reason, secret, old_secret, old_secret_until, cursor,
             failing_since, last_error, created_at FROM webhooks"
    };
}

impl Endpoints for Tables<'_> {
    fn endpoint(&self, company: &CompanyId, id: &str) -> HistoryResult<Option<Endpoint>> {
        let sql = concat!(endpoint_columns!(), " WHERE company_id = ?1 AND id = ?2");
        self.one(sql, [company.as_str(), id], read_endpoint)
    }

    fn endpoints(&self, company: &CompanyId, after: &str, limit: u32) -> HistoryResult<Vec<Endpoint>> {
        let sql = concat!(endpoint_columns!(), " WHERE company_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
        self.all(sql, params![company.as_str(), after, limit], read_endpoint)
    }

    fn endpoint_count(&self, company: &CompanyId) -> HistoryResult<usize> {
        let sql = "SELECT count(*) FROM webhooks WHERE company_id = ?1";
        let count = self.one(sql, [company.as_str()], |row| Ok(row.get::<_, i64>(0)?))?;
        Ok(count.and_then(|count| usize::try_from(count).ok()).unwrap_or(0))
    }

    fn endpoints_that_are_on(&self) -> HistoryResult<Vec<(CompanyId, String)>> {
        let sql = "SELECT company_id, id FROM webhooks WHERE state = 'on'";
        self.all(sql, [], |row| Ok((parsed(row, 0)?, row.get(1)?)))
    }

    fn deliveries_counted(&self, endpoint: &Endpoint) -> HistoryResult<(u64, u64)> {
        let sql = "SELECT count(*) FILTER (WHERE state = 'pending'), count(*) FILTER (WHERE state = 'dead')
                   FROM webhook_deliveries WHERE company_id = ?1 AND webhook_id = ?2";
        let counted = self.one(sql, [endpoint.company.as_str(), &endpoint.id], |row| {
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?.cast_unsigned()))
        })?;
        Ok(counted.unwrap_or_default())
    }

    fn queue(&self, endpoint: &Endpoint) -> HistoryResult<(Vec<QueuedDelivery>, Vec<u64>)> {
        let (company, id) = (endpoint.company.as_str(), endpoint.id.as_str());
        let sql = "SELECT seq, lane, attempts, due_at, last_error FROM webhook_deliveries
                   WHERE company_id = ?1 AND webhook_id = ?2 AND state = 'pending' ORDER BY seq";
        let waiting = self.all(sql, [company, id], |row| {
            let (seq, due): (i64, i64) = (row.get(0)?, row.get(3)?);
            let (lane, attempts, error) = (row.get(1)?, row.get(2)?, row.get(4)?);
            Ok(QueuedDelivery { seq: seq.cast_unsigned(), lane, attempts, due: time(due), error })
        })?;
        let sql = "SELECT seq FROM webhook_deliveries
                   WHERE company_id = ?1 AND webhook_id = ?2 AND state = 'dead' AND seq > ?3";
        let bind = params![company, id, endpoint.cursor.cast_signed()];
        let dead = self.all(sql, bind, |row| Ok(row.get::<_, i64>(0)?.cast_unsigned()))?;
        Ok((waiting, dead))
    }

    fn deliveries(
        &self,
        company: &CompanyId,
        id: &str,
        state: Option<&str>,
        after: u64,
        limit: u32,
    ) -> HistoryResult<Vec<Delivery>> {
        let sql = "SELECT seq, state, attempts, due_at, last_error FROM webhook_deliveries
                   WHERE company_id = ?1 AND webhook_id = ?2 AND (?3 IS NULL OR state = ?3) AND seq > ?4
                   ORDER BY seq LIMIT ?5";
        self.all(sql, params![company.as_str(), id, state, after.cast_signed(), limit], |row| {
            let (seq, due): (i64, i64) = (row.get(0)?, row.get(3)?);
            let (state, attempts, error) = (row.get(1)?, row.get(2)?, row.get(4)?);
            Ok(Delivery { seq: seq.cast_unsigned(), state, attempts, due: time(due), error })
        })
    }

    fn oldest_needed_by_endpoints(&self, company: &CompanyId) -> HistoryResult<Option<u64>> {
        let sql = "SELECT min(needed) FROM (
                       SELECT cursor + 1 AS needed FROM webhooks WHERE company_id = ?1 AND state = 'on'
                       UNION ALL
                       SELECT d.seq FROM webhook_deliveries d JOIN webhooks w
                           ON w.company_id = d.company_id AND w.id = d.webhook_id
                       WHERE d.company_id = ?1 AND d.state = 'pending' AND w.state = 'on')";
        let needed = self.one(sql, [company.as_str()], |row| Ok(row.get::<_, Option<i64>>(0)?))?;
        Ok(needed.flatten().map(i64::cast_unsigned))
    }
}

pub(crate) fn write(connection: &Connection, write: &EndpointWrite) -> Result<(), Error> {
    match write {
        EndpointWrite::Added(endpoint, at_most) => insert(connection, endpoint, *at_most),
        EndpointWrite::Set(endpoint) => update(connection, endpoint),
        EndpointWrite::SecretRotated(company, id, secret, until) => rotate(connection, company, id, secret, *until),
        EndpointWrite::Removed(company, id) => remove(connection, company, id),
        EndpointWrite::BroughtAgain(company, id, seq, now) => begin_anew(connection, company, id, *seq, *now),
        EndpointWrite::Reported(company, id, report) => report_on(connection, company, id, report),
    }
}

fn insert(connection: &Connection, endpoint: &Endpoint, at_most: usize) -> Result<(), Error> {
    let sql = "INSERT INTO webhooks (company_id, id, url, description, types, state, secret, cursor, created_at)
               SELECT ?1, ?2, ?3, ?4, ?5, 'on', ?6, ?7, ?8
               WHERE (SELECT count(*) FROM webhooks WHERE company_id = ?1) < ?9
               ON CONFLICT DO NOTHING";
    connection.prepare_cached(sql)?.execute(params![
        endpoint.company.as_str(),
        endpoint.id,
        endpoint.url,
        endpoint.description,
        switchboard_wire::view::json(&endpoint.wanted.words()),
        endpoint.secret.expose(),
        endpoint.cursor.cast_signed(),
        ms(endpoint.created_at),
        i64::try_from(at_most).unwrap_or(i64::MAX)
    ])?;
    Ok(())
}

fn update(connection: &Connection, endpoint: &Endpoint) -> Result<(), Error> {
    let sql = "UPDATE webhooks SET url = ?3, description = ?4, types = ?5, reason = ?7,
                   failing_since = CASE WHEN state = ?6 THEN failing_since END, state = ?6
               WHERE company_id = ?1 AND id = ?2";
    connection.prepare_cached(sql)?.execute(params![
        endpoint.company.as_str(),
        endpoint.id,
        endpoint.url,
        endpoint.description,
        switchboard_wire::view::json(&endpoint.wanted.words()),
        endpoint.state.word(),
        endpoint.state.reason()
    ])?;
    Ok(())
}

fn rotate(
    connection: &Connection,
    company: &CompanyId,
    id: &str,
    secret: &Secret,
    old_until: Time,
) -> Result<(), Error> {
    let sql = "UPDATE webhooks SET old_secret = secret, old_secret_until = ?4, secret = ?3
               WHERE company_id = ?1 AND id = ?2";
    connection.prepare_cached(sql)?.execute(params![company.as_str(), id, secret.expose(), ms(old_until)])?;
    Ok(())
}

fn remove(connection: &Connection, company: &CompanyId, id: &str) -> Result<(), Error> {
    for sql in [
        "DELETE FROM webhook_deliveries WHERE company_id = ?1 AND webhook_id = ?2",
        "DELETE FROM webhooks WHERE company_id = ?1 AND id = ?2",
    ] {
        connection.prepare_cached(sql)?.execute(params![company.as_str(), id])?;
    }
    Ok(())
}

fn begin_anew(connection: &Connection, company: &CompanyId, id: &str, seq: u64, now: Time) -> Result<(), Error> {
    let sql = "UPDATE webhook_deliveries SET state = 'pending', attempts = 0, due_at = ?4
               WHERE company_id = ?1 AND webhook_id = ?2 AND seq = ?3";
    connection.prepare_cached(sql)?.execute(params![company.as_str(), id, seq.cast_signed(), ms(now)])?;
    Ok(())
}

fn report_on(connection: &Connection, company: &CompanyId, id: &str, report: &DeliveryReport) -> Result<(), Error> {
    let DeliveryReport { progress, failing_since, last_error, off } = report;
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

fn read_endpoint(row: &Record<'_>) -> Result<Endpoint, Error> {
    let (types, state): (String, String) = (row.get(4)?, row.get(5)?);
    let (reason, old): (Option<String>, Option<String>) = (row.get(6)?, row.get(8)?);
    let words: Vec<String> = serde_json::from_str(&types).map_err(unreadable)?;
    Ok(Endpoint {
        company: parsed(row, 0)?,
        id: row.get(1)?,
        url: row.get(2)?,
        description: row.get(3)?,
        wanted: Wanted::read(words.iter().map(String::as_str)).map_err(unreadable)?,
        state: State::read(&state, reason.as_deref()),
        secret: Secret::new(row.get(7)?),
        old_secret: old.map(Secret::new).zip(time_or_null(row, 9)?),
        cursor: row.get::<_, i64>(10)?.cast_unsigned(),
        failing_since: time_or_null(row, 11)?,
        last_error: row.get(12)?,
        created_at: time(row.get(13)?),
    })
}

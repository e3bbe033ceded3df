//! What the store keeps of webhooks: the endpoints, and of each what waits for it or could not be brought.

use rusqlite::{Connection, OptionalExtension, Row as Record, params};
use switchboard_core::id::StoredAsText;
use switchboard_core::{CompanyId, Time};
use switchboard_journal::Wanted;
use switchboard_journal::endpoint::{Behind, Delivery, Endpoint, EndpointWrite, QueuedDelivery, Report, State};
use switchboard_wire::{Off, Secret};

use crate::Error;
use crate::columns::{ms, time, unreadable};
use crate::feed::{self, Slice};
use crate::reader::Reader;

macro_rules! endpoint_columns {
    () => {
        "SELECT company_id, id, url, description, types, state, reason, secret, old_secret, old_secret_until, cursor,
             failing_since, last_error, created_at FROM webhooks"
    };
}

impl Reader {
    /// An endpoint.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn endpoint(&self, company: &CompanyId, id: &str) -> Result<Option<Endpoint>, Error> {
        self.ask(|connection| endpoint(connection, company, id))
    }

    /// An endpoint, with how much it is behind.
    ///
    /// # Errors
    /// As [`Reader::endpoint`].
    pub fn endpoint_with_behind(&self, company: &CompanyId, id: &str) -> Result<Option<(Endpoint, Behind)>, Error> {
        self.ask(|connection| {
            endpoint(connection, company, id)?.map(|found| with_behind(connection, found)).transpose()
        })
    }

    /// A company's endpoints after that id, each with how much it is behind.
    ///
    /// # Errors
    /// As [`Reader::endpoint`].
    pub fn endpoints(&self, company: &CompanyId, after: &str, limit: u32) -> Result<Vec<(Endpoint, Behind)>, Error> {
        self.ask(|connection| {
            let found = endpoints(connection, company, after, limit)?;
            found.into_iter().map(|found| with_behind(connection, found)).collect()
        })
    }

    /// How many endpoints a company has, and what is kept of its feed, from which a new one goes on.
    ///
    /// # Errors
    /// As [`Reader::endpoint`].
    pub fn endpoints_counted(&self, company: &CompanyId) -> Result<(usize, Option<(u64, u64)>), Error> {
        self.ask(|connection| Ok((count(connection, company)?, feed::kept(connection, company)?)))
    }

    /// All endpoints that are on, by company and id.
    ///
    /// # Errors
    /// As [`Reader::endpoint`].
    pub fn endpoints_that_are_on(&self) -> Result<Vec<(CompanyId, String)>, Error> {
        self.ask(all_on)
    }

    /// An endpoint that is on, with what waits for it, and which of its deliveries behind the cursor are dead.
    ///
    /// # Errors
    /// As [`Reader::endpoint`].
    pub fn endpoint_with_queue(&self, company: &CompanyId, id: &str) -> Result<Option<WithQueue>, Error> {
        self.ask(|connection| {
            let on = endpoint(connection, company, id)?.filter(|found| found.state == State::On);
            let Some(endpoint) = on else { return Ok(None) };
            let (waiting, dead) = queue(connection, &endpoint)?;
            Ok(Some((endpoint, waiting, dead)))
        })
    }

    /// What an endpoint wants of all that was told after that number: the number of each event, and what it is about.
    /// None when the endpoint is gone.
    ///
    /// # Errors
    /// As [`Reader::endpoint`].
    pub fn feed_of(&self, of: &Endpoint, after: u64, limit: usize) -> Result<Option<Slice<(u64, String)>>, Error> {
        self.ask(|connection| {
            if endpoint(connection, &of.company, &of.id)?.is_none() {
                return Ok(None);
            }
            feed::lanes(connection, &of.company, after, limit, &of.wanted).map(Some)
        })
    }

    /// An endpoint's deliveries that wait or are dead, after that event.
    ///
    /// # Errors
    /// As [`Reader::endpoint`].
    pub fn deliveries(
        &self,
        company: &CompanyId,
        id: &str,
        state: Option<&str>,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Delivery>, Error> {
        self.ask(|connection| deliveries(connection, company, id, state, after, limit))
    }

    /// The oldest event that an endpoint of the company still needs: what is older may go. Endpoints that are off need
    /// nothing.
    ///
    /// # Errors
    /// As [`Reader::endpoint`].
    pub fn oldest_needed_by_endpoints(&self, company: &CompanyId) -> Result<Option<u64>, Error> {
        self.ask(|connection| oldest_needed(connection, company))
    }
}

/// An endpoint with what waits for it, and which of its deliveries behind the cursor are dead.
pub type WithQueue = (Endpoint, Vec<QueuedDelivery>, Vec<u64>);

fn with_behind(connection: &Connection, endpoint: Endpoint) -> Result<(Endpoint, Behind), Error> {
    let behind = behind(connection, &endpoint)?;
    Ok((endpoint, behind))
}

pub(super) fn endpoint(connection: &Connection, company: &CompanyId, id: &str) -> Result<Option<Endpoint>, Error> {
    let sql = concat!(endpoint_columns!(), " WHERE company_id = ?1 AND id = ?2");
    let found = connection.prepare_cached(sql)?.query_row(params![company.as_str(), id], read_endpoint).optional()?;
    found.transpose()
}

fn endpoints(connection: &Connection, company: &CompanyId, after: &str, limit: u32) -> Result<Vec<Endpoint>, Error> {
    let sql = concat!(endpoint_columns!(), " WHERE company_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![company.as_str(), after, limit], read_endpoint)?;
    rows.map(|row| row?).collect()
}

fn count(connection: &Connection, company: &CompanyId) -> Result<usize, Error> {
    let sql = "SELECT count(*) FROM webhooks WHERE company_id = ?1";
    let count: i64 = connection.query_row(sql, [company.as_str()], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

fn all_on(connection: &Connection) -> Result<Vec<(CompanyId, String)>, Error> {
    let mut query = connection.prepare("SELECT company_id, id FROM webhooks WHERE state = 'on'")?;
    let rows = query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    rows.map(|row| row.map_err(Error::from).and_then(|(company, id)| Ok((read_id(&company)?, id)))).collect()
}

fn behind(connection: &Connection, endpoint: &Endpoint) -> Result<Behind, Error> {
    let sql = "SELECT count(*) FILTER (WHERE state = 'pending'), count(*) FILTER (WHERE state = 'dead')
               FROM webhook_deliveries WHERE company_id = ?1 AND webhook_id = ?2";
    let mut query = connection.prepare_cached(sql)?;
    let (pending, dead): (i64, i64) =
        query.query_row(params![endpoint.company.as_str(), endpoint.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let latest = feed::kept(connection, &endpoint.company)?.map_or(0, |(_, latest)| latest);
    let unread = latest.saturating_sub(endpoint.cursor);
    Ok(Behind { pending: pending.cast_unsigned(), dead: dead.cast_unsigned(), unread })
}

fn deliveries(
    connection: &Connection,
    company: &CompanyId,
    id: &str,
    state: Option<&str>,
    after: u64,
    limit: u32,
) -> Result<Vec<Delivery>, Error> {
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

fn queue(connection: &Connection, endpoint: &Endpoint) -> Result<(Vec<QueuedDelivery>, Vec<u64>), Error> {
    let (company, id) = (endpoint.company.as_str(), endpoint.id.as_str());
    let sql = "SELECT seq, lane, attempts, due_at, last_error FROM webhook_deliveries
               WHERE company_id = ?1 AND webhook_id = ?2 AND state = 'pending' ORDER BY seq";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![company, id], |row| {
        let (seq, due): (i64, i64) = (row.get(0)?, row.get(3)?);
        let (lane, attempts, error) = (row.get(1)?, row.get(2)?, row.get(4)?);
        Ok(QueuedDelivery { seq: seq.cast_unsigned(), lane, attempts, due: time(due), error })
    })?;
    let waiting = rows.collect::<Result<_, _>>()?;
    let sql = "SELECT seq FROM webhook_deliveries
               WHERE company_id = ?1 AND webhook_id = ?2 AND state = 'dead' AND seq > ?3";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![company, id, endpoint.cursor.cast_signed()], |row| row.get::<_, i64>(0))?;
    let dead = rows.map(|seq| seq.map(i64::cast_unsigned)).collect::<Result<_, _>>()?;
    Ok((waiting, dead))
}

fn oldest_needed(connection: &Connection, company: &CompanyId) -> Result<Option<u64>, Error> {
    let sql = "SELECT min(needed) FROM (
                   SELECT cursor + 1 AS needed FROM webhooks WHERE company_id = ?1 AND state = 'on'
                   UNION ALL
                   SELECT d.seq FROM webhook_deliveries d JOIN webhooks w
                       ON w.company_id = d.company_id AND w.id = d.webhook_id
                   WHERE d.company_id = ?1 AND d.state = 'pending' AND w.state = 'on')";
    let needed: Option<i64> = connection.query_row(sql, [company.as_str()], |row| row.get(0))?;
    Ok(needed.map(i64::cast_unsigned))
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

fn report_on(connection: &Connection, company: &CompanyId, id: &str, report: &Report) -> Result<(), Error> {
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

fn read_endpoint(row: &Record<'_>) -> rusqlite::Result<Result<Endpoint, Error>> {
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

fn read_id(text: &str) -> Result<CompanyId, Error> {
    CompanyId::from_stored(text).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use switchboard_journal::endpoint::Progress;

    use super::*;

    const COMPANY: &str = "acme";

    fn store() -> Connection {
        let mut connection = Connection::open_in_memory().expect("a store");
        crate::schema::migrate(&mut connection).expect("its tables");
        connection
    }

    fn company() -> CompanyId {
        COMPANY.parse().expect("an id")
    }

    fn make(connection: &Connection, id: &str, cursor: u64) -> Endpoint {
        let endpoint = Endpoint {
            company: company(),
            id: id.to_owned(),
            url: "https://example.com/".to_owned(),
            description: String::new(),
            wanted: Wanted::default(),
            state: State::On,
            secret: Secret::new("whsec_AAAA".to_owned()),
            old_secret: None,
            cursor,
            failing_since: None,
            last_error: None,
            created_at: Time::from_ms(5),
        };
        insert(connection, &endpoint, 2).expect("written");
        endpoint
    }

    fn row(seq: u64) -> QueuedDelivery {
        QueuedDelivery { seq, lane: "a".to_owned(), attempts: 1, due: Time::from_ms(9), error: Some("no".to_owned()) }
    }

    fn report(cursor: u64, waiting: &[u64], dead: &[u64], brought: &[u64]) -> Report {
        let rows = |seqs: &[u64]| seqs.iter().map(|seq| row(*seq)).collect();
        let progress = Progress { cursor, waiting: rows(waiting), dead: rows(dead), brought: brought.to_vec() };
        Report { progress, ..Report::default() }
    }

    #[test]
    fn what_an_endpoint_was_brought_is_known_after_the_next_start() {
        let connection = store();
        make(&connection, "one", 3);
        report_on(&connection, &company(), "one", &report(7, &[4, 5], &[6], &[])).expect("written");
        report_on(&connection, &company(), "one", &report(5, &[5], &[], &[4])).expect("written");
        let found = endpoint(&connection, &company(), "one").expect("read").expect("it is there");
        assert_eq!(found.cursor, 7, "it never goes back");
        assert_eq!(queue(&connection, &found).expect("read"), (vec![row(5)], vec![]));
        let Behind { pending, dead, unread } = behind(&connection, &found).expect("read");
        assert_eq!((pending, dead, unread), (1, 1, 0));
    }

    #[test]
    fn what_endpoints_that_are_on_still_need_is_not_too_old() {
        let connection = store();
        assert_eq!(oldest_needed(&connection, &company()).expect("read"), None);
        make(&connection, "one", 7);
        make(&connection, "two", 9);
        assert_eq!(oldest_needed(&connection, &company()).expect("read"), Some(8));
        report_on(&connection, &company(), "two", &report(9, &[4], &[2], &[])).expect("written");
        assert_eq!(oldest_needed(&connection, &company()).expect("read"), Some(4), "a dead one is not waited for");
        report_on(&connection, &company(), "two", &Report { off: Some(Off::Failing), ..Report::default() })
            .expect("written");
        assert_eq!(oldest_needed(&connection, &company()).expect("read"), Some(8));
    }

    #[test]
    fn an_endpoint_that_is_gone_leaves_nothing_and_a_third_of_two_is_not_made() {
        let connection = store();
        for id in ["one", "two", "three"] {
            make(&connection, id, 0);
        }
        assert_eq!(count(&connection, &company()).expect("read"), 2);
        report_on(&connection, &company(), "one", &report(1, &[1], &[], &[])).expect("written");
        remove(&connection, &company(), "one").expect("written");
        report_on(&connection, &company(), "one", &report(2, &[2], &[], &[])).expect("written");
        assert!(deliveries(&connection, &company(), "one", None, 0, 10).expect("read").is_empty());
        assert_eq!(all_on(&connection).expect("read"), [(company(), "two".to_owned())]);
    }

    #[test]
    fn an_endpoint_that_failed_too_long_is_off_until_somebody_turns_it_on_and_then_counts_anew() {
        let connection = store();
        make(&connection, "one", 0);
        let failing_since = Some(Time::from_ms(8));
        let failed = Report { failing_since, off: Some(Off::Failing), ..Report::default() };
        report_on(&connection, &company(), "one", &failed).expect("written");
        let mut found = endpoint(&connection, &company(), "one").expect("read").expect("it is there");
        assert_eq!((found.state, found.failing_since), (State::Off(Off::Failing), failing_since));
        found.state = State::On;
        update(&connection, &found).expect("written");
        let found = endpoint(&connection, &company(), "one").expect("read").expect("it is there");
        assert_eq!((found.state, found.failing_since), (State::On, None));
    }

    #[test]
    fn the_old_secret_counts_until_its_time() {
        let connection = store();
        make(&connection, "one", 0);
        let new = Secret::new("whsec_BBBB".to_owned());
        rotate(&connection, &company(), "one", &new, Time::from_ms(100)).expect("written");
        let found = endpoint(&connection, &company(), "one").expect("read").expect("it is there");
        let at = |ms| found.secrets(Time::from_ms(ms)).map(Secret::expose).collect::<Vec<_>>();
        assert_eq!((at(99), at(100)), (vec!["whsec_BBBB", "whsec_AAAA"], vec!["whsec_BBBB"]));
    }
}
